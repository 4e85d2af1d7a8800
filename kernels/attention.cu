// Scaled dot-product attention, forward, float32:
//
//     s = scale q k^T + mask      p = exp(s - lse)      lse = log sum_j exp(s_j)      o = p v
//
// q: heads x L x d    k, v: heads x S x d    o: heads x L x d    lse: heads x L    where heads counts batch and heads.
// mask: added to s, with a stride for each of batch, head, query and key (0: the same for all), or null. Causal: query
// i sees keys 0 to i. A query that sees nothing gets o = 0 and lse = 0. D is the size of a head, rounded up; the
// numbers from d to D count as zeros.
//
//     rung                       idea                                                    share of torch's attention
//     attention_naive<D>         a thread a query; scores are made twice: for lse, for   not yet run on a GPU
//                                o
//     attention_online<D>        a warp a query; one pass: o is rescaled as the maximum  not yet run on a GPU
//                                grows (Milakov and Gimelshein 2018)
//     attention_flash<D,BR,BC>   a block takes BR queries and walks along tiles of BC    not yet run on a GPU
//                                keys in shared memory (Dao et al. 2022,
//                                arXiv:2205.14135); a thread has BR BC / 256 scores in
//                                registers, and reads four numbers at a time
//
// None writes the L x S scores to memory. attention_naive keeps its query and its sum in local memory, as its stack
// shows: it indexes them by a number that is not known when it is compiled.
// Read next: attention_backward.cu, which makes the scores again from lse.
#include "attention.cuh"

// ---------------------------------------------------------------- a thread a query

template <int D>
__global__ void attention_naive(const float* q, const float* k, const float* v, const float* mask, float* o, float* lse,
                                Shape shape) {
    int row = blockIdx.x * blockDim.x + threadIdx.x, head = blockIdx.y;
    if (row >= shape.L) return;
    q += ((long long)head * shape.L + row) * shape.d;
    k += (long long)head * shape.S * shape.d;
    v += (long long)head * shape.S * shape.d;
    mask = mask_of(mask, shape, head);
    float of_q[D], sum[D] = {};
    for (int i = 0; i < D; i++) of_q[i] = i < shape.d ? q[i] : 0.f;
    Running run;
    for (int pass = 0; pass < 2; pass++) {
        float top = shown(run.max);
        for (int j = 0; j < shape.keys_of(row); j++) {
            float s = 0.f;
            for (int i = 0; i < shape.d; i++) s += of_q[i] * k[(long long)j * shape.d + i];
            s = s * shape.scale + added(mask, shape, row, j);
            if (pass == 0) {
                if (s > -INFINITY || s != s) run.meet(s);
            } else {
                float p = expf(s - top);
                for (int i = 0; i < shape.d; i++) sum[i] += p * v[(long long)j * shape.d + i];
            }
        }
    }
    float total = run.sum == 0.f ? 1.f : run.sum;
    o += ((long long)head * shape.L + row) * shape.d;
    for (int i = 0; i < shape.d; i++) o[i] = sum[i] / total;
    lse[(long long)head * shape.L + row] = shown(run.max) + logf(total);
}

// ---------------------------------------------------------------- a warp a query

template <int D>
__global__ void attention_online(const float* q, const float* k, const float* v, const float* mask, float* o,
                                 float* lse, Shape shape) {
    const int EACH = (D + 31) / 32;  // lane l holds the numbers l, l + 32, ... of a vector
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32, head = blockIdx.y;
    if (row >= shape.L) return;  // the whole warp leaves
    q += ((long long)head * shape.L + row) * shape.d;
    k += (long long)head * shape.S * shape.d;
    v += (long long)head * shape.S * shape.d;
    mask = mask_of(mask, shape, head);
    float of_q[EACH], sum[EACH] = {}, max = -INFINITY, total = 0.f;
    for (int e = 0; e < EACH; e++) of_q[e] = lane + 32 * e < shape.d ? q[lane + 32 * e] : 0.f;
    for (int j = 0; j < shape.keys_of(row); j++) {
        float s = 0.f;
        for (int e = 0; e < EACH; e++)
            if (lane + 32 * e < shape.d) s += of_q[e] * k[(long long)j * shape.d + lane + 32 * e];
        s = warp_sum(s) * shape.scale + added(mask, shape, row, j);
        float now = fmaxf(max, s), top = shown(now), rescale = expf(max - top), p = expf(s - top);
        total = total * rescale + p;
        for (int e = 0; e < EACH; e++)
            if (lane + 32 * e < shape.d)
                sum[e] = sum[e] * rescale + p * v[(long long)j * shape.d + lane + 32 * e];
        max = now;
    }
    total = total == 0.f ? 1.f : total;
    o += ((long long)head * shape.L + row) * shape.d;
    for (int e = 0; e < EACH; e++)
        if (lane + 32 * e < shape.d) o[lane + 32 * e] = sum[e] / total;
    if (lane == 0) lse[(long long)head * shape.L + row] = shown(max) + logf(total);
}

// ---------------------------------------------------------------- tiles of queries, tiles of keys

// A block of 16 x 16 threads has BR queries in shared memory; a tile of BC keys, then the values of these keys, take
// turns in another place there. While one is multiplied, the next travels to registers. The 16 threads of a row are
// half a warp: they find its maximum and its sum by shuffles.
// __expf and not expf: its relative error grows as |x| does, but no x here is above 0, and |x| exp(x) is at most 0.37.
template <int D, int BR, int BC>
__global__ void __launch_bounds__(256, 2)
    attention_flash(const float* q, const float* k, const float* v, const float* mask, float* o, float* lse,
                    Shape shape) {
    const int R = BR / 16, C = BC / 16, E = D / 16;
    extern __shared__ __align__(16) float smem[];
    float* q_tile = smem;                            // BR x vector_pitch(D)
    float* kv_tile = q_tile + BR * vector_pitch(D);  // BC x vector_pitch(D)
    float* p_tile = kv_tile + BC * vector_pitch(D);  // BR x score_pitch(BC)
    int x = threadIdx.x % 16, y = threadIdx.x / 16, d = shape.d, tiles = (shape.L + BR - 1) / BR;
    int head = blockIdx.x / tiles, row0 = (tiles - 1 - blockIdx.x % tiles) * BR;  // the last see most, if causal
    long long query0 = (long long)head * shape.L + row0;
    k += (long long)head * shape.S * d;
    v += (long long)head * shape.S * d;
    mask = mask_of(mask, shape, head);
    Vectors<BC, D> next;
    next.fetch(k, shape.S, d);
    load_tile<BR, D>(q_tile, q + query0 * d, shape.L - row0, d);
    float sum[R][E] = {}, max[R], total[R] = {};
    for (int r = 0; r < R; r++) max[r] = -INFINITY;
    int last = shape.keys_of(min(row0 + BR, shape.L) - 1);  // of all rows, the last one sees most
    for (int key0 = 0; key0 < last; key0 += BC) {
        __syncthreads();  // the values of the turn before have been read
        next.store(kv_tile);
        next.fetch(v + (long long)key0 * d, shape.S - key0, d);
        __syncthreads();  // the keys are there
        float s[R][C] = {};
        add_scores<D>(s, q_tile, kv_tile, y, x);
        finish_scores<false>(s, mask, shape, row0, key0, y, x);
        for (int r = 0; r < R; r++) {
            float now = max[r], of_row = 0.f;
            for (int c = 0; c < C; c++) now = fmaxf(now, s[r][c]);
            now = half_warp_max(now);
            float top = shown(now), rescale = __expf(max[r] - top);
            for (int c = 0; c < C; c++) {
                float p = __expf(s[r][c] - top);
                p_tile[(y + 16 * r) * score_pitch(BC) + x + 16 * c] = p;
                of_row += p;
            }
            total[r] = total[r] * rescale + of_row;
            max[r] = now;
            for (int e = 0; e < E; e++) sum[r][e] *= rescale;
        }
        __syncthreads();  // the keys have been read
        next.store(kv_tile);
        if (key0 + BC < last) next.fetch(k + (long long)(key0 + BC) * d, shape.S - key0 - BC, d);
        __syncthreads();  // the values are there, and p
        add_vectors<D, BC>(sum, p_tile, kv_tile, y, x);
    }
    for (int r = 0; r < R; r++) {
        int i = y + 16 * r;
        float all = half_warp_sum(total[r]);
        all = all == 0.f ? 1.f : all;
        for (int e = 0; e < E; e++) sum[r][e] /= all;
        if (x == 0 && row0 + i < shape.L) lse[query0 + i] = shown(max[r]) + logf(all);
    }
    store_vectors(o + query0 * d, sum, shape.L - row0, d, y, x);
}
