// Cross-entropy of scores against classes, fused: softmax is never written to memory.
//
//     loss = (m - x_t) + s                        m = max_j x_j, s = log sum_j exp(x_j - m), t: the class of the row
//     gx_j = exp(x_j - m - s) f - [j = t] f       f: what the loss of this row counts for, with its incoming gradient
//
// x, gx: rows x classes, float32; target: rows, int64; loss, m, s, f: rows. Weights of classes, rows that are ignored
// and the mean are the caller's: they are matters of one number a row.
//
//     rung                     idea                                                    share of a copy's bandwidth
//     cross_entropy<Thread>    a thread walks along a row                              not yet run on a GPU
//     cross_entropy<Warp>      32 lanes share a row: neighbours read neighbours        not yet run on a GPU
//     cross_entropy<Block>     a block shares a row, four numbers at a time: for       not yet run on a GPU
//                              large vocabularies
//
// What this saves: log_softmax and nll_loss apart read x twice, write rows x classes numbers, and read them in
// backward. Here forward reads x once and keeps two numbers a row. One, m + s, would do for the formulas, but not for
// float32: around 10,000 neighbouring numbers are 0.001 apart.
#include "common.cuh"

template <class Team>
__global__ void __launch_bounds__(512, 2) cross_entropy(const float* x, const long long* target, float* loss, float* m,
                                                         float* s, int rows, int classes) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;  // a whole team leaves: nobody waits for it
    x += (long long)row * classes;
    int vectors = Team::wide && aligned(x) ? classes / 4 : 0;
    Running run;
    for (int v = first; v < vectors; v += step) {
        float4 q = ((const float4*)x)[v];
        run.meet(q.x), run.meet(q.y), run.meet(q.z), run.meet(q.w);
    }
    for (int j = 4 * vectors + first; j < classes; j += step) run.meet(x[j]);
    Running all = run.of<Team>();
    if (first > 0) return;
    float log_sum = logf(all.sum);
    m[row] = all.max;
    s[row] = log_sum;
    loss[row] = (all.max - x[target[row]]) + log_sum;
}

template <class Team>
__global__ void __launch_bounds__(512, 2)
    cross_entropy_backward(const float* x, const long long* target, const float* m, const float* s, const float* f,
                           float* gx, int rows, int classes) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;
    x += (long long)row * classes;
    gx += (long long)row * classes;
    float top = m[row], log_sum = s[row], factor = f[row];
    int t = (int)target[row];
    auto gradient = [=](float score, int j) {
        return expf(score - top - log_sum) * factor - (j == t ? factor : 0.f);
    };
    int vectors = Team::wide && aligned(x) && aligned(gx) ? classes / 4 : 0;
    for (int v = first; v < vectors; v += step) {
        float4 q = ((const float4*)x)[v];
        int j = 4 * v;
        ((float4*)gx)[v] = make_float4(gradient(q.x, j), gradient(q.y, j + 1), gradient(q.z, j + 2),
                                       gradient(q.w, j + 3));
    }
    for (int j = 4 * vectors + first; j < classes; j += step) gx[j] = gradient(x[j], j);
}
