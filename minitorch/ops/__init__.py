"""The operations, one family a file; importing a family attaches its methods to Tensor.

    create.py sampling.py       new tensors: from data (nested.py), constant, random
    convert.py                  copies, types, devices
    elementwise.py compare.py   arithmetic and powers; comparisons, logic, where, clamp
    activation.py special.py    relu, gelu, sigmoid ...; exp, log, trigonometry, rounding, erf
    reduce.py sort.py           sum, mean, var, max ...; cumsum, sort, topk
    shape.py arrange.py         views and reshapes; flips, repeats, triangles
    join.py                     cat, stack, split, pad
    index.py gather.py          reading and writing by index; gather, scatter, masks
    linalg.py einsum.py         matmul, linear; einsum, bilinear
    softmax.py norm.py          softmax and log-softmax; layer and batch norm, vector norms
    conv.py pool.py             convolution and pooling
    embedding.py dropout.py attention.py loss.py

Start with elementwise.py: it shows the template that all follow (autograd/op.py explains it).
"""
