"""The name by which this package calls itself in what it prints: `minitorch.float32`, `minitorch.Size([2, 3])`.

`python -m minitorch run` sets it to `torch`, so that a script prints what it printed before; the sentences of errors
say minitorch there as well.
"""

package = "minitorch"
