// Scaled dot-product attention, backward, float32. From the gradient g of o, with p = exp(s - lse) made again:
//
//     gv = p^T g      gp = g v^T      gs = p (gp - delta)      gq = scale gs k      gk = scale gs^T q
//     delta = sum over a head of g o: what softmax's gradient takes off each row
//
// Shapes and mask as in attention.cu. Two kernels, so that each sum has one owner and nothing is added atomically:
// attention_keys has a block for BC keys, walks along the queries and owns gk and gv; attention_queries has a block for
// BR queries, walks along the keys and owns gq. Both make the scores again: 7 products in place of 5, and no race.
// Dao, FlashAttention-2, 2023, arXiv:2307.08691.
//
//     share of FlashAttention-2's backward: not yet run on a GPU
#include "attention.cuh"

extern "C" __global__ void attention_delta(const float* g, const float* o, float* delta, int rows, int d) {
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;  // the whole warp leaves
    float sum = 0.f;
    for (int i = lane; i < d; i += 32) sum += g[(long long)row * d + i] * o[(long long)row * d + i];
    sum = warp_sum(sum);
    if (lane == 0) delta[row] = sum;
}

// Of BR queries and BC keys: p and scale gs, thread (y, x) rows y + 16 r and columns x + 16 c of them.
template <int R, int C, int D>
__device__ __forceinline__ void scores_again(float (&p)[R][C], float (&gs)[R][C], const float* q_tile,
                                             const float* g_tile, const float* k_tile, const float* v_tile,
                                             const float* mask, const float* lse, const float* delta, const Shape& shape,
                                             int head, int row0, int key0, int y, int x) {
    multiply<R, C, D>(p, q_tile, k_tile, y, x);
    multiply<R, C, D>(gs, g_tile, v_tile, y, x);
    for (int r = 0; r < R; r++) {
        int row = row0 + y + 16 * r;
        float of_row = row < shape.L ? lse[row] : 0.f, taken = row < shape.L ? delta[row] : 0.f;
        for (int c = 0; c < C; c++) {
            p[r][c] = expf(score(p[r][c], mask, shape, head, row, key0 + x + 16 * c) - of_row);
            gs[r][c] = p[r][c] * (gs[r][c] - taken) * shape.scale;
        }
    }
}

// Thread (y, x) writes numbers x + 16 e of the vectors y + 16 r that are there.
template <int R, int E>
__device__ __forceinline__ void store(float* to, const float (&sum)[R][E], int row0, int rows, int d, int y, int x) {
    for (int r = 0; r < R; r++)
        for (int e = 0; e < E; e++)
            if (row0 + y + 16 * r < rows && x + 16 * e < d)
                to[(long long)(row0 + y + 16 * r) * d + x + 16 * e] = sum[r][e];
}

template <int D, int BR, int BC>
__global__ void __launch_bounds__(256)
    attention_queries(const float* q, const float* k, const float* v, const float* mask, const float* g, const float* lse,
                      const float* delta, float* gq, Shape shape) {
    const int R = BR / 16, C = BC / 16, E = D / 16, P = BC + 16;
    extern __shared__ float smem[];
    float* q_tile = smem;                      // BR x (D + 1)
    float* g_tile = q_tile + BR * (D + 1);     // BR x (D + 1)
    float* k_tile = g_tile + BR * (D + 1);     // BC x (D + 1)
    float* v_tile = k_tile + BC * (D + 1);     // BC x (D + 1)
    float* gs_tile = v_tile + BC * (D + 1);    // BR x P: a warp writes two rows of it at once, to different banks
    int x = threadIdx.x % 16, y = threadIdx.x / 16, row0 = blockIdx.x * BR, head = blockIdx.y;
    long long queries = (long long)head * shape.L, keys = (long long)head * shape.S;
    load_tile<BR, D>(q_tile, q + queries * shape.d, row0, shape.L, shape.d);
    load_tile<BR, D>(g_tile, g + queries * shape.d, row0, shape.L, shape.d);
    float sum[R][E] = {};
    int last = shape.keys_of(min(row0 + BR, shape.L) - 1);
    for (int key0 = 0; key0 < last; key0 += BC) {
        __syncthreads();  // the tiles of the turn before have been read
        load_tile<BC, D>(k_tile, k + keys * shape.d, key0, shape.S, shape.d);
        load_tile<BC, D>(v_tile, v + keys * shape.d, key0, shape.S, shape.d);
        __syncthreads();  // the tiles are whole
        float p[R][C] = {}, gs[R][C] = {};
        scores_again<R, C, D>(p, gs, q_tile, g_tile, k_tile, v_tile, mask, lse + queries, delta + queries, shape, head,
                              row0, key0, y, x);
        for (int r = 0; r < R; r++)
            for (int c = 0; c < C; c++) gs_tile[(y + 16 * r) * P + x + 16 * c] = gs[r][c];
        __syncwarp();  // a row of gs is written and read by one half of a warp
        for (int j = 0; j < BC; j++)
            for (int r = 0; r < R; r++)
                for (int e = 0; e < E; e++)
                    sum[r][e] += gs_tile[(y + 16 * r) * P + j] * k_tile[j * (D + 1) + x + 16 * e];
    }
    store<R, E>(gq + queries * shape.d, sum, row0, shape.L, shape.d, y, x);
}

template <int D, int BR, int BC>
__global__ void __launch_bounds__(256)
    attention_keys(const float* q, const float* k, const float* v, const float* mask, const float* g, const float* lse,
                   const float* delta, float* gk, float* gv, Shape shape) {
    const int R = BR / 16, C = BC / 16, E = D / 16, P = BC + 16;
    extern __shared__ float smem[];
    float* k_tile = smem;                      // BC x (D + 1)
    float* v_tile = k_tile + BC * (D + 1);     // BC x (D + 1)
    float* q_tile = v_tile + BC * (D + 1);     // BR x (D + 1)
    float* g_tile = q_tile + BR * (D + 1);     // BR x (D + 1)
    float* p_tile = g_tile + BR * (D + 1);     // BR x P
    float* gs_tile = p_tile + BR * P;   // BR x P
    int x = threadIdx.x % 16, y = threadIdx.x / 16, key0 = blockIdx.x * BC, head = blockIdx.y;
    long long queries = (long long)head * shape.L, keys = (long long)head * shape.S;
    load_tile<BC, D>(k_tile, k + keys * shape.d, key0, shape.S, shape.d);
    load_tile<BC, D>(v_tile, v + keys * shape.d, key0, shape.S, shape.d);
    float of_k[C][E] = {}, of_v[C][E] = {};
    // A causal query sees no key after its own place: the rows before this tile of keys add nothing.
    for (int row0 = shape.causal ? key0 / BR * BR : 0; row0 < shape.L; row0 += BR) {
        __syncthreads();  // the tiles of the turn before have been read
        load_tile<BR, D>(q_tile, q + queries * shape.d, row0, shape.L, shape.d);
        load_tile<BR, D>(g_tile, g + queries * shape.d, row0, shape.L, shape.d);
        __syncthreads();  // the tiles are whole
        float p[R][C] = {}, gs[R][C] = {};
        scores_again<R, C, D>(p, gs, q_tile, g_tile, k_tile, v_tile, mask, lse + queries, delta + queries, shape, head,
                              row0, key0, y, x);
        for (int r = 0; r < R; r++)
            for (int c = 0; c < C; c++) {
                p_tile[(y + 16 * r) * P + x + 16 * c] = p[r][c];
                gs_tile[(y + 16 * r) * P + x + 16 * c] = gs[r][c];
            }
        __syncthreads();  // columns of p and gs are read by all
        for (int i = 0; i < BR; i++)
            for (int c = 0; c < C; c++)
                for (int e = 0; e < E; e++) {
                    of_v[c][e] += p_tile[i * P + y + 16 * c] * g_tile[i * (D + 1) + x + 16 * e];
                    of_k[c][e] += gs_tile[i * P + y + 16 * c] * q_tile[i * (D + 1) + x + 16 * e];
                }
    }
    store<C, E>(gk + keys * shape.d, of_k, key0, shape.S, shape.d, y, x);
    store<C, E>(gv + keys * shape.d, of_v, key0, shape.S, shape.d, y, x);
}
