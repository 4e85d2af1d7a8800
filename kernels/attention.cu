// Scaled dot-product attention, forward, float32:
//
//     s = scale q k^T + mask      p = exp(s - lse)      lse = log sum_j exp(s_j)      o = p v
//
// q: heads x L x d    k, v: heads x S x d    o: heads x L x d    lse: heads x L    where heads counts batch and heads.
// mask: added to s, with a stride for each of batch, head, query and key (0: the same for all), or null. Causal: query i
// sees keys 0 to i. A query that sees nothing gets o = 0 and lse = 0. D is the size of a head, rounded up; the numbers
// from d to D count as zeros.
//
//     rung                       idea                                                        share of torch's attention
//     attention_naive<D>         a thread a query; scores are made twice: for lse, for o     not yet run on a GPU
//     attention_online<D>        a warp a query; one pass: o is rescaled as the maximum      not yet run on a GPU
//                                grows (Milakov and Gimelshein 2018)
//     attention_flash<D,BR,BC>   a block takes BR queries and walks along tiles of BC keys   not yet run on a GPU
//                                in shared memory (Dao et al. 2022, arXiv:2205.14135)
//
// None writes the L x S scores to memory. attention_naive keeps its query and its sum in local memory, as its stack shows:
// it indexes them by a number that is not known when it is compiled. Read next: attention_backward.cu, which makes them again from lse.
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
    float of_q[D], sum[D] = {};
    for (int i = 0; i < D; i++) of_q[i] = i < shape.d ? q[i] : 0.f;
    Running run;
    for (int pass = 0; pass < 2; pass++) {
        float top = shown(run.max);
        for (int j = 0; j < shape.keys_of(row); j++) {
            float s = 0.f;
            for (int i = 0; i < shape.d; i++) s += of_q[i] * k[(long long)j * shape.d + i];
            s = s * shape.scale + added(mask, shape, head, row, j);
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
    lse[head * shape.L + row] = shown(run.max) + logf(total);
}

// ---------------------------------------------------------------- a warp a query

template <int D>
__global__ void attention_online(const float* q, const float* k, const float* v, const float* mask, float* o, float* lse,
                                 Shape shape) {
    const int EACH = (D + 31) / 32;  // lane l holds the numbers l, l + 32, ... of a vector
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32, head = blockIdx.y;
    if (row >= shape.L) return;  // the whole warp leaves
    q += ((long long)head * shape.L + row) * shape.d;
    k += (long long)head * shape.S * shape.d;
    v += (long long)head * shape.S * shape.d;
    float of_q[EACH], sum[EACH] = {}, max = -INFINITY, total = 0.f;
    for (int e = 0; e < EACH; e++) of_q[e] = lane + 32 * e < shape.d ? q[lane + 32 * e] : 0.f;
    for (int j = 0; j < shape.keys_of(row); j++) {
        float s = 0.f;
        for (int e = 0; e < EACH; e++)
            if (lane + 32 * e < shape.d) s += of_q[e] * k[(long long)j * shape.d + lane + 32 * e];
        s = warp_sum(s) * shape.scale + added(mask, shape, head, row, j);
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
    if (lane == 0) lse[head * shape.L + row] = shown(max) + logf(total);
}

// ---------------------------------------------------------------- tiles of queries, tiles of keys

// A block of 16 x 16 threads. Thread (y, x) holds rows y, y + 16, ... and, of the scores, columns x, x + 16, ..., of the
// output likewise. The 16 threads of a row are half a warp: they find its maximum and its sum by shuffles.
template <int D, int BR, int BC>
__global__ void __launch_bounds__(256)
    attention_flash(const float* q, const float* k, const float* v, const float* mask, float* o, float* lse, Shape shape) {
    const int R = BR / 16, C = BC / 16, E = D / 16, P = BC + 16;
    extern __shared__ float smem[];
    float* q_tile = smem;                     // BR x (D + 1): one more, so that a column lies in different banks
    float* k_tile = q_tile + BR * (D + 1);    // BC x (D + 1)
    float* v_tile = k_tile + BC * (D + 1);    // BC x (D + 1)
    float* p_tile = v_tile + BC * (D + 1);    // BR x P: a warp writes two rows of it at once, to different banks
    int x = threadIdx.x % 16, y = threadIdx.x / 16, row0 = blockIdx.x * BR, head = blockIdx.y;
    q += (long long)head * shape.L * shape.d;
    k += (long long)head * shape.S * shape.d;
    v += (long long)head * shape.S * shape.d;
    load_tile<BR, D>(q_tile, q, row0, shape.L, shape.d);
    float sum[R][E] = {}, max[R], total[R] = {};
    for (int r = 0; r < R; r++) max[r] = -INFINITY;
    int last = shape.keys_of(min(row0 + BR, shape.L) - 1);  // of all rows, the last one sees most
    for (int key0 = 0; key0 < last; key0 += BC) {
        __syncthreads();  // the tiles of the turn before have been read
        load_tile<BC, D>(k_tile, k, key0, shape.S, shape.d);
        load_tile<BC, D>(v_tile, v, key0, shape.S, shape.d);
        __syncthreads();  // the tiles are whole
        float s[R][C] = {};
        multiply<R, C, D>(s, q_tile, k_tile, y, x);
        for (int r = 0; r < R; r++) {
            int row = row0 + y + 16 * r;
            float now = max[r];
            for (int c = 0; c < C; c++) {
                s[r][c] = score(s[r][c], mask, shape, head, row, key0 + x + 16 * c);
                now = fmaxf(now, s[r][c]);
            }
            now = half_warp_max(now);
            float top = shown(now), rescale = expf(max[r] - top), of_row = 0.f;
            for (int c = 0; c < C; c++) {
                float p = expf(s[r][c] - top);
                p_tile[(y + 16 * r) * P + x + 16 * c] = p;
                of_row += p;
            }
            total[r] = total[r] * rescale + half_warp_sum(of_row);
            max[r] = now;
            for (int e = 0; e < E; e++) sum[r][e] *= rescale;
        }
        __syncwarp();  // a row of p is written and read by one half of a warp
        for (int j = 0; j < BC; j++)
            for (int r = 0; r < R; r++)
                for (int e = 0; e < E; e++)
                    sum[r][e] += p_tile[(y + 16 * r) * P + j] * v_tile[j * (D + 1) + x + 16 * e];
    }
    for (int r = 0; r < R; r++) {
        int row = row0 + y + 16 * r;
        if (row >= shape.L) continue;
        float all = total[r] == 0.f ? 1.f : total[r];
        for (int e = 0; e < E; e++)
            if (x + 16 * e < shape.d) o[((long long)head * shape.L + row) * shape.d + x + 16 * e] = sum[r][e] / all;
        if (x == 0) lse[head * shape.L + row] = shown(max[r]) + logf(all);
    }
}
