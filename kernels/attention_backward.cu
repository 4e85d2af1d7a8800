// Scaled dot-product attention, backward, float32. From the gradient g of o, with p = exp(s - lse) made again:
//
//     gv = p^T g      gp = g v^T      gs = p (gp - delta)      gq = scale gs k      gk = scale gs^T q
//     delta = sum over a head of g o: what softmax's gradient takes off each row
//
// Shapes and mask as in attention.cu. Two kernels, so that each sum has one owner and nothing is added atomically: the
// first owns gq and walks along the keys, the second owns gk and gv and walks along the queries. Both make the scores
// again: 7 products in place of 5, and no race. Dao, FlashAttention-2, 2023, arXiv:2307.08691.
//
//     rung                                  idea                                          share of torch's backward
//     attention_queries_warp<D>             a warp has one query, or one key, and meets   not yet run on a GPU
//     attention_keys_warp<D>                all of the others
//     attention_queries_tiles<D,OWN,TURN>   a block has OWN of them, and meets TURN at    not yet run on a GPU
//     attention_keys_tiles<D,OWN,TURN>      a time in shared memory
//
// __expf and not expf: as in attention.cu, no s - lse is above 0.
#include "attention.cuh"

extern "C" __global__ void attention_delta(const float* g, const float* o, float* delta, int rows, int d) {
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;  // the whole warp leaves
    float sum = 0.f;
    for (int i = lane; i < d; i += 32) sum += g[(long long)row * d + i] * o[(long long)row * d + i];
    sum = warp_sum(sum);
    if (lane == 0) delta[row] = sum;
}

// ---------------------------------------------------------------- a warp a query, a warp a key

// A vector of d numbers, D at most, in the registers of a warp: lane l holds the numbers l, l + 32, ...
template <int D>
struct OfWarp {
    static const int EACH = (D + 31) / 32;
    float part[EACH] = {};

    __device__ __forceinline__ void load(const float* from, int d) {
#pragma unroll
        for (int e = 0; e < EACH; e++) part[e] = threadIdx.x % 32 + 32 * e < d ? from[threadIdx.x % 32 + 32 * e] : 0.f;
    }

    __device__ __forceinline__ void store(float* to, int d) const {
#pragma unroll
        for (int e = 0; e < EACH; e++)
            if (threadIdx.x % 32 + 32 * e < d) to[threadIdx.x % 32 + 32 * e] = part[e];
    }

    __device__ __forceinline__ void add(float factor, const OfWarp& other) {
#pragma unroll
        for (int e = 0; e < EACH; e++) part[e] += factor * other.part[e];
    }

    __device__ __forceinline__ float times(const OfWarp& other) const {
        float sum = 0.f;
#pragma unroll
        for (int e = 0; e < EACH; e++) sum += part[e] * other.part[e];
        return warp_sum(sum);
    }
};

template <int D>
__global__ void attention_queries_warp(const float* q, const float* k, const float* v, const float* mask,
                                       const float* g, const float* lse, const float* delta, float* gq, Shape shape) {
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, head = blockIdx.y, d = shape.d;
    if (row >= shape.L) return;  // the whole warp leaves
    long long query = (long long)head * shape.L + row;
    mask = mask_of(mask, shape, head);
    OfWarp<D> of_q, of_g, of_k, of_v, sum;
    of_q.load(q + query * d, d);
    of_g.load(g + query * d, d);
    for (int j = 0; j < shape.keys_of(row); j++) {
        long long key = (long long)head * shape.S + j;
        of_k.load(k + key * d, d);
        of_v.load(v + key * d, d);
        float p = __expf(of_q.times(of_k) * shape.scale + added(mask, shape, row, j) - lse[query]);
        sum.add(p * (of_g.times(of_v) - delta[query]) * shape.scale, of_k);
    }
    sum.store(gq + query * d, d);
}

template <int D>
__global__ void attention_keys_warp(const float* q, const float* k, const float* v, const float* mask, const float* g,
                                    const float* lse, const float* delta, float* gk, float* gv, Shape shape) {
    int j = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, head = blockIdx.y, d = shape.d;
    if (j >= shape.S) return;  // the whole warp leaves
    long long key = (long long)head * shape.S + j;
    mask = mask_of(mask, shape, head);
    OfWarp<D> of_q, of_g, of_k, of_v, sum_k, sum_v;
    of_k.load(k + key * d, d);
    of_v.load(v + key * d, d);
    for (int row = shape.causal ? j : 0; row < shape.L; row++) {  // a causal query sees no key after its own place
        long long query = (long long)head * shape.L + row;
        of_q.load(q + query * d, d);
        of_g.load(g + query * d, d);
        float p = __expf(of_q.times(of_k) * shape.scale + added(mask, shape, row, j) - lse[query]);
        sum_v.add(p, of_g);
        sum_k.add(p * (of_g.times(of_v) - delta[query]) * shape.scale, of_q);
    }
    sum_k.store(gk + key * d, d);
    sum_v.store(gv + key * d, d);
}

// ---------------------------------------------------------------- tiles

// A block of 16 x 16 threads. A row of p_tile is written and read by the 16 threads of one y, half a warp: between the
// two a __syncwarp is enough.
template <int D, int OWN, int TURN>
__global__ void __launch_bounds__(256, 2)
    attention_queries_tiles(const float* q, const float* k, const float* v, const float* mask, const float* g,
                            const float* lse, const float* delta, float* gq, Shape shape) {
    const int R = OWN / 16, C = TURN / 16;
    extern __shared__ __align__(16) float smem[];
    float* q_tile = smem;  // OWN x vector_pitch(D)
    float* g_tile = q_tile + OWN * vector_pitch(D);  // OWN x vector_pitch(D)
    float* k_tile = g_tile + OWN * vector_pitch(D);  // TURN x vector_pitch(D)
    float* v_tile = k_tile + TURN * vector_pitch(D);  // TURN x vector_pitch(D)
    float* p_tile = v_tile + TURN * vector_pitch(D);  // OWN x score_pitch(TURN)
    int x = threadIdx.x % 16, y = threadIdx.x / 16, d = shape.d, tiles = (shape.L + OWN - 1) / OWN;
    int head = blockIdx.x / tiles, row0 = (tiles - 1 - blockIdx.x % tiles) * OWN;  // the last see most, if causal
    long long query0 = (long long)head * shape.L + row0;
    k += (long long)head * shape.S * d;
    v += (long long)head * shape.S * d;
    mask = mask_of(mask, shape, head);
    load_tile<OWN, D>(q_tile, q + query0 * d, shape.L - row0, d);
    load_tile<OWN, D>(g_tile, g + query0 * d, shape.L - row0, d);
    float sum[R][D / 16] = {};
    int last = shape.keys_of(min(row0 + OWN, shape.L) - 1);
    for (int key0 = 0; key0 < last; key0 += TURN) {
        __syncthreads();  // the tiles of the turn before have been read
        load_tile<TURN, D>(k_tile, k + (long long)key0 * d, shape.S - key0, d);
        load_tile<TURN, D>(v_tile, v + (long long)key0 * d, shape.S - key0, d);
        __syncthreads();  // the tiles are whole
        float s[R][C] = {}, gp[R][C] = {};
        add_scores<D>(s, q_tile, k_tile, y, x);
        add_scores<D>(gp, g_tile, v_tile, y, x);
        finish_scores<false>(s, mask, shape, row0, key0, y, x);
        for (int r = 0; r < R; r++) {
            int i = min(y + 16 * r, shape.L - 1 - row0);  // of rows that are not there p is 0, whatever is read
            float of_row = lse[query0 + i], taken = delta[query0 + i];
            for (int c = 0; c < C; c++)
                p_tile[(y + 16 * r) * score_pitch(TURN) + x + 16 * c] =
                    __expf(s[r][c] - of_row) * (gp[r][c] - taken) * shape.scale;
        }
        __syncwarp();  // gs is there
        add_vectors<D, TURN>(sum, p_tile, k_tile, y, x);
    }
    store_vectors(gq + query0 * d, sum, shape.L - row0, d, y, x);
}

// The scores are turned: rows are keys, columns are queries. So p^T and gs^T lie as the second product reads them.
template <int D, int OWN, int TURN>
__global__ void __launch_bounds__(256, 2)
    attention_keys_tiles(const float* q, const float* k, const float* v, const float* mask, const float* g,
                         const float* lse, const float* delta, float* gk, float* gv, Shape shape) {
    const int R = OWN / 16, C = TURN / 16;
    extern __shared__ __align__(16) float smem[];
    float* k_tile = smem;  // OWN x vector_pitch(D)
    float* v_tile = k_tile + OWN * vector_pitch(D);  // OWN x vector_pitch(D)
    float* q_tile = v_tile + OWN * vector_pitch(D);  // TURN x vector_pitch(D)
    float* g_tile = q_tile + TURN * vector_pitch(D);  // TURN x vector_pitch(D)
    float* p_tile = g_tile + TURN * vector_pitch(D);  // OWN x score_pitch(TURN)
    int x = threadIdx.x % 16, y = threadIdx.x / 16, d = shape.d, tiles = (shape.S + OWN - 1) / OWN;
    int head = blockIdx.x / tiles, key0 = blockIdx.x % tiles * OWN;
    long long queries = (long long)head * shape.L, first_key = (long long)head * shape.S + key0;
    mask = mask_of(mask, shape, head);
    load_tile<OWN, D>(k_tile, k + first_key * d, shape.S - key0, d);
    load_tile<OWN, D>(v_tile, v + first_key * d, shape.S - key0, d);
    float sum_k[R][D / 16] = {}, sum_v[R][D / 16] = {};
    // A causal query sees no key after its own place: the rows before this tile of keys add nothing.
    for (int row0 = shape.causal ? key0 / TURN * TURN : 0; row0 < shape.L; row0 += TURN) {
        __syncthreads();  // the tiles of the turn before have been read
        load_tile<TURN, D>(q_tile, q + (queries + row0) * d, shape.L - row0, d);
        load_tile<TURN, D>(g_tile, g + (queries + row0) * d, shape.L - row0, d);
        __syncthreads();  // the tiles are whole
        float p[R][C] = {}, gp[R][C] = {};
        add_scores<D>(p, k_tile, q_tile, y, x);
        finish_scores<true>(p, mask, shape, row0, key0, y, x);
        for (int c = 0; c < C; c++) {
            float of_row = lse[queries + min(row0 + x + 16 * c, shape.L - 1)];
            for (int r = 0; r < R; r++) {
                p[r][c] = __expf(p[r][c] - of_row);
                p_tile[(y + 16 * r) * score_pitch(TURN) + x + 16 * c] = p[r][c];
            }
        }
        __syncwarp();  // p is there
        add_vectors<D, TURN>(sum_v, p_tile, g_tile, y, x);
        add_scores<D>(gp, v_tile, g_tile, y, x);
        __syncwarp();  // p has been read
        for (int c = 0; c < C; c++) {
            float taken = delta[queries + min(row0 + x + 16 * c, shape.L - 1)];
            for (int r = 0; r < R; r++)
                p_tile[(y + 16 * r) * score_pitch(TURN) + x + 16 * c] = p[r][c] * (gp[r][c] - taken) * shape.scale;
        }
        __syncwarp();  // gs is there
        add_vectors<D, TURN>(sum_k, p_tile, q_tile, y, x);
    }
    store_vectors(gk + first_key * d, sum_k, shape.S - key0, d, y, x);
    store_vectors(gv + first_key * d, sum_v, shape.S - key0, d, y, x);
}
