"""First steps: tensors, autograd, one sine fitted five ways from NumPy to nn, a Function of one's own, LBFGS."""
import math

import numpy as np
import torch

torch.manual_seed(0)

# ---------------------------------------------------------------- tensors
data = [[1, 2], [3, 4]]
x_data = torch.tensor(data)
x_np = torch.from_numpy(np.array(data))
x_ones = torch.ones_like(x_data)
x_rand = torch.rand_like(x_data, dtype=torch.float)
print(f"Ones Tensor: \n {x_ones} \n")
print(f"Random Tensor: \n {x_rand} \n")
tensor = torch.rand(3, 4)
print(f"Shape of tensor: {tensor.shape}")
print(f"Datatype of tensor: {tensor.dtype}")
print(f"Device tensor is stored on: {tensor.device}")
tensor = torch.ones(4, 4)
print(f"First row: {tensor[0]}")
print(f"First column: {tensor[:, 0]}")
print(f"Last column: {tensor[..., -1]}")
tensor[:, 1] = 0
print(tensor)
t1 = torch.cat([tensor, tensor, tensor], dim=1)
print(t1)
y3 = torch.rand_like(tensor)
torch.matmul(tensor, tensor.T, out=y3)
print(y3 == tensor @ tensor.T)
agg_item = tensor.sum().item()
print(agg_item, type(agg_item))
tensor.add_(5)
t = torch.ones(5)
n = t.numpy()
t.add_(1)
np.add(n, 1, out=n)
print(f"t: {t}", f"n: {n}")

# ---------------------------------------------------------------- autograd
a = torch.tensor([2., 3.], requires_grad=True)
b = torch.tensor([6., 4.], requires_grad=True)
Q = 3 * a**3 - b**2
print(Q, Q.grad_fn.name())
Q.backward(gradient=torch.tensor([1., 1.]))
print(9 * a**2 == a.grad, -2 * b == b.grad)
inp = torch.eye(4, 5, requires_grad=True)
out = (inp + 1).pow(2).t()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"First call\n{inp.grad}")
out.backward(torch.ones_like(out), retain_graph=True)
print(f"\nSecond call\n{inp.grad}")
inp.grad.zero_()
try:
    a.sum().mul(2).numpy()
except RuntimeError as error:
    print("RuntimeError:", error)
z = torch.matmul(torch.ones(5), torch.randn(5, 3, requires_grad=True))
print(z.requires_grad, z.detach().requires_grad)

# ---------------------------------------------------------------- y = sin(x) by a cubic: NumPy
x = np.linspace(-math.pi, math.pi, 2000)
y = np.sin(x)
rng = np.random.default_rng(0)
a, b, c, d = rng.standard_normal(4)
for t in range(300):
    y_pred = a + b * x + c * x**2 + d * x**3
    grad_y_pred = 2.0 * (y_pred - y)
    a -= 1e-6 * grad_y_pred.sum()
    b -= 1e-6 * (grad_y_pred * x).sum()
    c -= 1e-6 * (grad_y_pred * x**2).sum()
    d -= 1e-6 * (grad_y_pred * x**3).sum()
print(f'NumPy: y = {a:.4f} + {b:.4f} x + {c:.4f} x^2 + {d:.4f} x^3')

# ---------------------------------------------------------------- tensors and autograd
dtype = torch.float
x = torch.linspace(-math.pi, math.pi, 2000, dtype=dtype)
y = torch.sin(x)
a, b, c, d = (torch.randn((), dtype=dtype, requires_grad=True) for _ in range(4))
for t in range(300):
    loss = (a + b * x + c * x ** 2 + d * x ** 3 - y).pow(2).sum()
    if t % 100 == 99:
        print(t, f'{loss.item():.3f}')
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= 1e-6 * p.grad
            p.grad = None
print(f'autograd: y = {a.item():.4f} + {b.item():.4f} x + {c.item():.4f} x^2 + {d.item():.4f} x^3')


# ---------------------------------------------------------------- a function of one's own
class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input ** 3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input ** 2 - 1)


P3 = LegendrePolynomial3.apply
print(torch.autograd.gradcheck(P3, (torch.randn(5, dtype=torch.double, requires_grad=True),)))
a, b, c, d = (torch.full((), value, dtype=dtype, requires_grad=True) for value in (0.0, -1.0, 0.0, 0.3))
for t in range(300):
    loss = (a + b * P3(c + d * x) - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= 5e-6 * p.grad
            p.grad = None
print(f'Result: y = {a.item():.4f} + {b.item():.4f} * P3({c.item():.4f} + {d.item():.4f} x), {loss.item():.4f}')

# ---------------------------------------------------------------- nn and optim
p = torch.tensor([1, 2, 3])
xx = x.unsqueeze(-1).pow(p)
model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
loss_fn = torch.nn.MSELoss(reduction='sum')
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-2)
for t in range(300):
    loss = loss_fn(model(xx), y)
    if t % 100 == 99:
        print(t, f'{loss.item():.3f}')
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
linear_layer = model[0]
print(f'Result: y = {linear_layer.bias.item():.4f} + {linear_layer.weight[:, 0].item():.4f} x + '
      f'{linear_layer.weight[:, 1].item():.4f} x^2 + {linear_layer.weight[:, 2].item():.4f} x^3')

# ---------------------------------------------------------------- second-order steps
guess = torch.tensor([-1.2, 1.0], dtype=torch.double, requires_grad=True)
optimizer = torch.optim.LBFGS([guess], lr=1, max_iter=10, line_search_fn='strong_wolfe')


def closure():
    optimizer.zero_grad()
    rosenbrock = (1 - guess[0]) ** 2 + 100 * (guess[1] - guess[0] ** 2) ** 2
    rosenbrock.backward()
    return rosenbrock


for i in range(5):
    print(f'step {i}: {optimizer.step(closure).item():.6f}', guess.tolist())
