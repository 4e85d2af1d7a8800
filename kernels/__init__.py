"""The hand-written CUDA kernels of minitorch; installed and imported as `minitorch.kernels`.

One `.cu` file per subject holds every version of a kernel, from the naive one to the fastest. There is none yet: they
come together with the loader that compiles and launches them.
"""
