"""Small image files of every awkward kind, and what Pillow 12.3.0 makes of them.

Writes test/fixtures/image/: the files, expected.json (size and RGB bytes of each as base64) and
resize.json (sizes, filter, and the CRC-32 of Pillow's bytes for every resize).
The resized picture is made by `pattern`, which test/media/image/resize.test.ts has too.

    pip install pillow==12.3.0 numpy==2.4.6
    python reference/image_resize.py
"""

import base64
import io
import json
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

OUT = Path(__file__).parent.parent / "test/fixtures/image"

SIZES = [
    ((64, 48), (17, 23)),
    ((64, 48), (128, 96)),
    ((17, 23), (64, 48)),
    ((31, 29), (31, 7)),
    ((31, 29), (7, 29)),
    ((31, 29), (32, 30)),
    ((1, 1), (5, 3)),
    ((1, 40), (3, 8)),
    ((40, 1), (8, 3)),
    ((50, 60), (1, 1)),
    ((50, 60), (1, 100)),
    ((301, 203), (56, 84)),
    ((301, 203), (224, 224)),
    ((640, 360), (480, 480)),
    ((5, 7), (200, 300)),
    ((1000, 3), (11, 2)),
    ((3, 997), (4, 13)),
    ((2, 2), (3, 5)),
]
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}


def pattern(width, height):
    """Noise of a 32-bit linear congruential generator, with black and white blocks that overshoot."""
    n = width * height * 3
    state = (width * 65_537 + height) & 0xFFFFFFFF
    values = np.empty(n, np.uint8)
    for i in range(n):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        values[i] = state >> 24
    values = values.reshape(height, width, 3)
    y, x = np.mgrid[:height, :width]
    block = (x // 4 + y // 4) % 3
    values[block == 0] = 0
    values[block == 1] = 255
    return Image.fromarray(values)


def smooth(width=12, height=8):
    """A gradient that JPEG and WebP keep well, and whose corners differ."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(
        np.stack([x * 20, y * 30, 255 - 10 * (x + y)], -1).clip(0, 255).astype(np.uint8)
    )


def files():
    """(name, bytes, expected RGB image)"""

    def save(image, kind, **options):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    def case(name, data, expected=None):
        opened = Image.open(io.BytesIO(data))
        return name, data, (expected or opened.convert("RGB"))

    base = smooth()
    yield case("plain.png", save(base, "PNG"))
    yield case("plain.jpg", save(base, "JPEG", quality=95, subsampling=0))
    yield case("plain.webp", save(base, "WEBP", lossless=True))
    yield case("plain.tiff", save(base, "TIFF"))
    yield case("plain.bmp", save(base, "BMP"))
    yield case("palette.bmp", save(base.quantize(7), "BMP"))
    yield case("plain.avif", save(base, "AVIF", quality=100, subsampling="4:4:4"))
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = save(base, "JPEG", quality=95, subsampling=0, exif=exif)
        turned = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        yield case(f"exif-{orientation}.jpg", data, turned)
    yield case("grey.png", save(base.convert("L"), "PNG"))
    yield case("grey.jpg", save(base.convert("L"), "JPEG", quality=95))
    yield case("one-bit.png", save(base.convert("1"), "PNG"))
    yield case("palette.png", save(base.quantize(7), "PNG"))
    yield case("interlaced.gif", save(base.quantize(7), "GIF", interlace=1))
    yield case("cmyk.jpg", save(base.convert("CMYK"), "JPEG", quality=95, subsampling=0))
    yield case("progressive.jpg", save(base, "JPEG", quality=95, subsampling=0, progressive=True))

    alpha = base.convert("RGBA")
    ramp = np.linspace(0, 255, 12).astype(np.uint8)
    alpha.putalpha(Image.fromarray(np.tile(ramp, (8, 1))))
    over = Image.new("RGB", base.size, "white")
    over.paste(alpha, mask=alpha.getchannel("A"))
    yield case("alpha.png", save(alpha, "PNG"), over)
    yield case("alpha.webp", save(alpha, "WEBP", lossless=True, exact=True), over)

    grey = alpha.convert("LA")
    over = Image.new("L", base.size, "white")
    over.paste(grey.convert("L"), mask=grey.getchannel("A"))
    yield case("alpha-grey.png", save(grey, "PNG"), over.convert("RGB"))

    # Pillow cuts 16-bit colour to its high byte; of 16-bit grey it keeps all bits.
    deep = (np.asarray(base.convert("L"), np.uint16) << 8) + 129
    high = Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB")
    yield case("grey16.png", save(Image.fromarray(deep), "PNG"), high)
    colour = np.asarray(base, np.uint16)
    rows = b"".join(b"\0" + ((row << 8) + 129).astype(">u2").tobytes() for row in colour)
    yield case("rgb16.png", png(12, 8, 16, 2, rows), base)

    frames = [Image.new("P", (6, 4), i) for i in range(3)]
    for frame in frames:
        frame.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    moving = save(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[200, 50, 300], loop=0
    )
    yield case("moving.gif", moving)
    colours = [Image.new("RGB", (6, 4), c) for c in ["red", "lime", "blue"]]
    webp = save(
        colours[0],
        "WEBP",
        save_all=True,
        append_images=colours[1:],
        duration=[200, 50, 300],
        lossless=True,
    )
    yield case("moving.webp", webp)


def png(width, height, depth, colour_type, rows):
    """A PNG file of raw rows, for what Pillow does not write."""

    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return len(data).to_bytes(4) + kind + data + checksum.to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([depth, colour_type, 0, 0, 0])
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return PngImagePlugin._MAGIC + body


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data, image in files():
        assert len(data) < 3000, (name, len(data))
        (OUT / name).write_bytes(data)
        rgb = base64.b64encode(image.tobytes()).decode()
        expected[name] = {"width": image.width, "height": image.height, "rgb": rgb}
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

    cases = []
    for source, target in SIZES:
        image = pattern(*source)
        for name, resample in FILTERS.items():
            crc = zlib.crc32(image.resize(target, resample).tobytes())
            cases.append({"from": source, "to": target, "filter": name, "crc32": crc})
    lines = ",\n".join(json.dumps(case) for case in cases)
    (OUT / "resize.json").write_text(f"[\n{lines}\n]\n")


main()
