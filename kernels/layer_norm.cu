// Layer norm over the rows of a matrix, forward and backward.
//
//     y = xhat w + b      xhat = (x - mean) r      r = 1 / sqrt(var + eps)
//     gx = r (h - mean(h) - xhat mean(h xhat))     h = g w           mean and var over the columns of a row
//     gw = sum over rows of g xhat                 gb = sum over rows of g
//
// x, y, g, gx: rows x columns, float32; w, b: columns, or null for 1 and 0; mean, var: rows.
//
//     rung                  idea                                                   share of a copy's bandwidth
//     layer_norm<Thread>    a thread walks along a row                             not yet run on a GPU
//     layer_norm<Warp>      32 lanes share a row: neighbours read neighbours       not yet run on a GPU
//     layer_norm<Block>     a block shares a row: for long rows, and few of them   not yet run on a GPU
//
// The variance is the mean of squared differences from the mean, in a pass of its own: E[x^2] - mean^2 would lose
// everything where the mean is large. A row is read three times, twice of them from the cache.
//
// gw and gb run down the columns. column_sums adds up strips of rows, strip_sums the strips' sums: two stages in place of
// atomic additions, so that the same numbers come out on every run.
#include "common.cuh"

template <class Team>
__global__ void __launch_bounds__(512, 2)
    layer_norm(const float* x, const float* w, const float* b, float* y, float* mean, float* var, float eps, int rows,
               int columns) {
    int row = Team::row(), first = Team::member(), step = Team::members();
    if (row >= rows) return;  // a whole team leaves: nobody waits for it
    x += (long long)row * columns;
    y += (long long)row * columns;
    float total = 0.f, squares = 0.f;
    for (int c = first; c < columns; c += step) total += x[c];
    float mu = Team::sum(total) / columns;
    for (int c = first; c < columns; c += step) squares += (x[c] - mu) * (x[c] - mu);
    float v = Team::sum(squares) / columns, r = 1.f / sqrtf(v + eps);
    for (int c = first; c < columns; c += step) y[c] = (x[c] - mu) * r * (w ? w[c] : 1.f) + (b ? b[c] : 0.f);
    if (first == 0) {
        mean[row] = mu;
        var[row] = v;
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
    float mu = mean[row], r = 1.f / sqrtf(var[row] + eps), of_h = 0.f, of_product = 0.f;
    for (int c = first; c < columns; c += step) {
        float h = g[c] * (w ? w[c] : 1.f);
        of_h += h;
        of_product += h * (x[c] - mu) * r;
    }
    of_h = Team::sum(of_h) / columns;
    of_product = Team::sum(of_product) / columns;
    for (int c = first; c < columns; c += step)
        gx[c] = r * (g[c] * (w ? w[c] : 1.f) - of_h - (x[c] - mu) * r * of_product);
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
