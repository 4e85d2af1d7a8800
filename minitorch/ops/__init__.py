"""The operations, one family a file; importing a family attaches its methods to Tensor.

    create.py sampling.py       new tensors: from data (nested.py), constant, random
    convert.py                  copies, types, devices
    elementwise.py compare.py   arithmetic and powers; comparisons, logic, where, clamp
    activation.py piecewise.py  gelu, sigmoid, elu ...; relu and what else is made of straight lines
    special.py                  exp, log, trigonometry, rounding, erf
    reduce.py sort.py           sum, mean, var, max ...; cumsum, sort, topk
    shape.py strided.py         views and reshapes; as_strided, unfold, shapes changed in place
    arrange.py out.py           flips, repeats, triangles; `out=`
    join.py                     cat, stack, split, pad
    index.py gather.py          reading and writing by index; gather, scatter, masks
    linalg.py einsum.py         matmul, linear; einsum, bilinear
    softmax.py norm.py          softmax and log-softmax; layer and batch norm, vector norms
    conv.py pool.py resize.py   convolution; pooling (pool_arguments.py); interpolation, pixel shuffles, fold
    attention.py multihead.py rnn.py
    loss.py margin_loss.py ctc.py distance.py
    embedding.py dropout.py

Start with elementwise.py: it shows the template that all follow (autograd/op.py explains it).
"""
