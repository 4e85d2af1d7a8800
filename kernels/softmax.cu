// Softmax and log-softmax along the rows of a matrix, forward and backward.
//
//     softmax        y_i = exp(x_i - m) / s              gx_i = y_i (g_i - sum_j g_j y_j)
//     log-softmax    y_i = x_i - m - log s               gx_i = g_i - exp(y_i) sum_j g_j
//     with m = max_j x_j and s = sum_j exp(x_j - m)
//
// x, y, g, gx: rows x columns, row after row, float32. `logarithm` says which of the two.
//
//     rung               idea                                                             share of a copy's bandwidth
//     softmax<Thread>    a thread walks along a row: its neighbours read columns apart    not yet run on a GPU
//     softmax<Warp>      32 lanes share a row: neighbours read neighbours                 not yet run on a GPU
//     softmax<Block>     a block shares a row, four numbers at a time: for long rows      not yet run on a GPU
//
// The first pass over a row finds m and s at once (Running, in common.cuh), the second writes y.
// A thread alone adds up a long row one by one: at 100,000 columns the rung softmax<Thread> is off by 1e-4.
// expf and not __expf: the latter loses about |x| units in the last place, and memory, not arithmetic, sets the pace.
#include "common.cuh"

template <bool logarithm>
__device__ __forceinline__ float output(float x, Running all) {
    return logarithm ? x - all.max - logf(all.sum) : expf(x - all.max) / all.sum;
}

template <class Team, bool logarithm>
__global__ void __launch_bounds__(512, 2) softmax(const float* x, float* y, int rows, int columns) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;  // a whole team leaves: nobody waits for it
    x += (long long)row * columns;
    y += (long long)row * columns;
    int vectors = Team::wide && aligned(x) && aligned(y) ? columns / 4 : 0;
    const float4* x4 = (const float4*)x;
    Running run;
    for (int v = first; v < vectors; v += step) {
        float4 q = x4[v];
        run.meet(q.x), run.meet(q.y), run.meet(q.z), run.meet(q.w);
    }
    for (int c = 4 * vectors + first; c < columns; c += step) run.meet(x[c]);
    Running all = run.of<Team>();
    for (int v = first; v < vectors; v += step) {
        float4 q = x4[v];
        ((float4*)y)[v] = make_float4(output<logarithm>(q.x, all), output<logarithm>(q.y, all),
                                      output<logarithm>(q.z, all), output<logarithm>(q.w, all));
    }
    for (int c = 4 * vectors + first; c < columns; c += step) y[c] = output<logarithm>(x[c], all);
}

// What the backward pass sums over a row, and what it makes of that sum.
template <bool logarithm>
__device__ __forceinline__ float term(float g, float y) {
    return logarithm ? g : g * y;
}

template <bool logarithm>
__device__ __forceinline__ float gradient(float g, float y, float total) {
    return logarithm ? g - expf(y) * total : y * (g - total);
}

template <class Team, bool logarithm>
__global__ void __launch_bounds__(512, 2)
    softmax_backward(const float* g, const float* y, float* gx, int rows, int columns) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;
    g += (long long)row * columns;
    y += (long long)row * columns;
    gx += (long long)row * columns;
    int vectors = Team::wide && aligned(g) && aligned(y) && aligned(gx) ? columns / 4 : 0;
    const float4 *g4 = (const float4*)g, *y4 = (const float4*)y;
    float total = 0.f;
    for (int v = first; v < vectors; v += step) {
        float4 a = g4[v], b = y4[v];
        total += term<logarithm>(a.x, b.x) + term<logarithm>(a.y, b.y) + term<logarithm>(a.z, b.z) +
                 term<logarithm>(a.w, b.w);
    }
    for (int c = 4 * vectors + first; c < columns; c += step) total += term<logarithm>(g[c], y[c]);
    total = Team::sum(total);
    for (int v = first; v < vectors; v += step) {
        float4 a = g4[v], b = y4[v];
        ((float4*)gx)[v] = make_float4(gradient<logarithm>(a.x, b.x, total), gradient<logarithm>(a.y, b.y, total),
                                       gradient<logarithm>(a.z, b.z, total), gradient<logarithm>(a.w, b.w, total));
    }
    for (int c = 4 * vectors + first; c < columns; c += step) gx[c] = gradient<logarithm>(g[c], y[c], total);
}
