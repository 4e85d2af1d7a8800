"""The operations, one family a file; importing a family attaches its methods to Tensor.

    create.py sampling.py       new tensors: from data, constant, random
    elementwise.py compare.py   arithmetic, powers, exp and log, trigonometry; comparisons and logic
    activation.py special.py    relu, gelu, sigmoid ...; erf
    reduce.py sort.py           sum, mean, var, max ...; cumsum, sort, topk
    shape.py join.py index.py   views and reshapes; cat, split, pad; reading and writing by index
    linalg.py einsum.py         matmul, linear; einsum
    softmax.py norm.py          softmax and log-softmax; layer and batch norm, vector norms
    conv.py pool.py             convolution and pooling
    embedding.py dropout.py attention.py loss.py

Start with elementwise.py: it shows the template that all follow (autograd/op.py explains it).
"""
