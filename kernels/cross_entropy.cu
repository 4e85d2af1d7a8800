// Cross-entropy of scores against classes, fused: softmax is never written to memory.
//
//     lse  = log sum_j exp(x_j)            of a row of scores
//     loss = lse - x_t                     t: its class
//     gx_j = (exp(x_j - lse) - [j = t]) f  f: what the loss of this row counts for, with its incoming gradient
//
// x, gx: rows x classes, float32; target: rows, int64; lse, loss, f: rows. Weights of classes, rows that are ignored and
// the mean are the caller's: they are matters of one number a row.
//
//     rung                     idea                                              share of a copy's bandwidth
//     cross_entropy<Thread>    a thread walks along a row                        not yet run on a GPU
//     cross_entropy<Warp>      32 lanes share a row: neighbours read neighbours  not yet run on a GPU
//     cross_entropy<Block>     a block shares a row: for large vocabularies      not yet run on a GPU
//
// What this saves: log_softmax and nll_loss apart read x twice, write rows x classes numbers, and read them in backward.
// Here forward reads x once and keeps one number a row.
#include "common.cuh"

template <class Team>
__global__ void __launch_bounds__(512, 2) cross_entropy(const float* x, const long long* target, float* loss, float* lse,
                                                      int rows, int classes) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;  // a whole team leaves: nobody waits for it
    x += (long long)row * classes;
    Running run;
    for (int j = first; j < classes; j += step) run.meet(x[j]);
    Running all = run.of<Team>();
    if (first > 0) return;
    float of_row = all.max + logf(all.sum);
    lse[row] = of_row;
    loss[row] = of_row - x[target[row]];
}

template <class Team>
__global__ void __launch_bounds__(512, 2)
    cross_entropy_backward(const float* x, const long long* target, const float* lse, const float* f, float* gx, int rows,
                           int classes) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;
    x += (long long)row * classes;
    gx += (long long)row * classes;
    float of_row = lse[row], factor = f[row];
    long long t = target[row];
    // An ignored row has f = 0, and its gradient is 0 even where its scores are infinite.
    for (int j = first; j < classes; j += step) gx[j] = factor == 0.f ? 0.f : (expf(x[j] - of_row) - (j == t)) * factor;
}
