/** Whether a path names a file of torch.save: what reads one is loaded only then. */
export const isTorchFile = (path: string): boolean => /\.(bin|pt|pth)$/i.test(path);
