"""minitorch.version, as torch.version: no CUDA or ROCm toolkit is built in."""

cuda = hip = git_version = None
debug = False
