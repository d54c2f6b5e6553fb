/** A file, as it looks or sounds. */

interface Props {
  readonly kind: "image" | "audio" | "video";
  readonly name: string;
  readonly url: string;
  readonly class?: string;
}

export function MediaFile({ kind, name, url, class: look }: Props) {
  if (kind === "image") return <img class={look} src={url} alt={name} />;
  if (kind === "audio") {
    // biome-ignore lint/a11y/useMediaCaption: the user's own file
    return <audio class={look} controls src={url} aria-label={name} />;
  }
  return <video class={look} controls muted src={url} aria-label={name} />;
}
