// Layer norm over the rows of a matrix, forward and backward.
//
//     y = xhat w + b      xhat = (x - mean) r      r = 1 / sqrt(var + eps)
//     gx = r (h - mean(h) - xhat mean(h xhat))     h = g w           mean and var over the columns of a row
//     gw = sum over rows of g xhat                 gb = sum over rows of g
//
// x, y, g, gx: rows x columns, float32; w, b: columns, or null for 1 and 0; mean, var: rows.
//
//     rung                  idea                                                       share of a copy's bandwidth
//     layer_norm<Thread>    a thread walks along a row                                 not yet run on a GPU
//     layer_norm<Warp>      32 lanes share a row: neighbours read neighbours           not yet run on a GPU
//     layer_norm<Block>     a block shares a row, four numbers at a time: long rows    not yet run on a GPU
//
// The variance is the mean of squared differences from the mean, in a pass of its own: E[x^2] - mean^2 would lose
// everything where the mean is large. A row is read three times, twice of them from the cache.
//
// gw and gb run down the columns. column_sums adds up strips of rows, strip_sums the strips' sums: two stages in place
// of atomic additions, so that the same numbers come out on every run.
#include "common.cuh"

// Four numbers of w or b, or what they are where there are none.
__device__ __forceinline__ float4 four(const float* p, int v, float absent) {
    return p ? ((const float4*)p)[v] : make_float4(absent, absent, absent, absent);
}

template <class Team>
__global__ void __launch_bounds__(512, 2)
    layer_norm(const float* x, const float* w, const float* b, float* y, float* mean, float* var, float eps, int rows,
               int columns) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;  // a whole team leaves: nobody waits for it
    x += (long long)row * columns;
    y += (long long)row * columns;
    int vectors = Team::wide && aligned(x) && aligned(y) && aligned(w) && aligned(b) ? columns / 4 : 0;
    const float4* x4 = (const float4*)x;
    float total = 0.f, squares = 0.f;
    for (int v = first; v < vectors; v += step) {
        float4 q = x4[v];
        total += q.x + q.y + q.z + q.w;
    }
    for (int c = 4 * vectors + first; c < columns; c += step) total += x[c];
    float mu = Team::sum(total) / columns;

    auto square = [=](float x) { return (x - mu) * (x - mu); };
    for (int v = first; v < vectors; v += step) {
        float4 q = x4[v];
        squares += square(q.x) + square(q.y) + square(q.z) + square(q.w);
    }
    for (int c = 4 * vectors + first; c < columns; c += step) squares += square(x[c]);
    float variance = Team::sum(squares) / columns, r = 1.f / sqrtf(variance + eps);

    auto output = [=](float x, float w, float b) { return (x - mu) * r * w + b; };
    for (int v = first; v < vectors; v += step) {
        float4 q = x4[v], s = four(w, v, 1.f), t = four(b, v, 0.f);
        ((float4*)y)[v] = make_float4(output(q.x, s.x, t.x), output(q.y, s.y, t.y), output(q.z, s.z, t.z),
                                      output(q.w, s.w, t.w));
    }
    for (int c = 4 * vectors + first; c < columns; c += step) y[c] = output(x[c], w ? w[c] : 1.f, b ? b[c] : 0.f);
    if (first == 0) {
        mean[row] = mu;
        var[row] = variance;
    }
}

template <class Team>
__global__ void __launch_bounds__(512, 2)
    layer_norm_backward(const float* g, const float* x, const float* w, const float* mean, const float* var, float* gx,
                        float eps, int rows, int columns) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;
    g += (long long)row * columns;
    x += (long long)row * columns;
    gx += (long long)row * columns;
    int vectors = Team::wide && aligned(g) && aligned(x) && aligned(w) && aligned(gx) ? columns / 4 : 0;
    const float4 *g4 = (const float4*)g, *x4 = (const float4*)x;
    float mu = mean[row], r = 1.f / sqrtf(var[row] + eps), of_h = 0.f, of_product = 0.f;

    auto add = [&](float g, float x, float w) {
        of_h += g * w;
        of_product += g * w * ((x - mu) * r);
    };
    for (int v = first; v < vectors; v += step) {
        float4 p = g4[v], q = x4[v], s = four(w, v, 1.f);
        add(p.x, q.x, s.x), add(p.y, q.y, s.y), add(p.z, q.z, s.z), add(p.w, q.w, s.w);
    }
    for (int c = 4 * vectors + first; c < columns; c += step) add(g[c], x[c], w ? w[c] : 1.f);
    of_h = Team::sum(of_h) / columns;
    of_product = Team::sum(of_product) / columns;

    auto gradient = [&](float g, float x, float w) { return r * (g * w - of_h - (x - mu) * r * of_product); };
    for (int v = first; v < vectors; v += step) {
        float4 p = g4[v], q = x4[v], s = four(w, v, 1.f);
        ((float4*)gx)[v] = make_float4(gradient(p.x, q.x, s.x), gradient(p.y, q.y, s.y), gradient(p.z, q.z, s.z),
                                       gradient(p.w, q.w, s.w));
    }
    for (int c = 4 * vectors + first; c < columns; c += step) gx[c] = gradient(g[c], x[c], w ? w[c] : 1.f);
}

// ---------------------------------------------------------------- gw and gb, two stages

const int COLUMNS = 32, LINES = 8;  // a block's shape: lanes along the columns, so that neighbours read neighbours

// Block (i, j) adds up, for 32 columns, every (gridDim.y LINES)-th row from j LINES + line on.
// strip_w, strip_b: gridDim.y x columns
extern "C" __global__ void column_sums(const float* g, const float* x, const float* mean, const float* var,
                                       float* strip_w, float* strip_b, int rows, int columns, float eps) {
    __shared__ float of_w[LINES][COLUMNS];
    __shared__ float of_b[LINES][COLUMNS];
    int lane = threadIdx.x, line = threadIdx.y, c = blockIdx.x * COLUMNS + lane;
    float w = 0.f, b = 0.f;
    for (int row = blockIdx.y * LINES + line; c < columns && row < rows; row += gridDim.y * LINES) {
        long long at = (long long)row * columns + c;
        w += g[at] * (x[at] - mean[row]) * (1.f / sqrtf(var[row] + eps));
        b += g[at];
    }
    of_w[line][lane] = w;
    of_b[line][lane] = b;
    __syncthreads();
    if (line > 0 || c >= columns) return;
    for (int other = 1; other < LINES; other++) {
        w += of_w[other][lane];
        b += of_b[other][lane];
    }
    strip_w[blockIdx.y * columns + c] = w;
    strip_b[blockIdx.y * columns + c] = b;
}

extern "C" __global__ void strip_sums(const float* strip_w, const float* strip_b, float* gw, float* gb, int strips,
                                      int columns) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= columns) return;
    float w = 0.f, b = 0.f;
    for (int strip = 0; strip < strips; strip++) {
        w += strip_w[strip * columns + c];
        b += strip_b[strip * columns + c];
    }
    gw[c] = w;
    gb[c] = b;
}
