// What the attention kernels, forward and backward, share: sizes, masks, tiles, and the two products of tiles.
//
// The tiled kernels have blocks of 16 x 16 threads. Thread (y, x) holds, of a product, rows y, y + 16, ...; of scores
// the columns x, x + 16, ...; of vectors the columns column(x, 0), column(x, 1), ... What an inner loop reads, it reads
// four numbers at a time where it can: shared memory serves one load of a warp while the arithmetic does four.
#pragma once
#include "common.cuh"

struct Shape {
    int L, S, d, heads;  // queries, keys, size of a head, heads of one element of the batch
    int mask_batch, mask_head, mask_query, mask_key;  // strides of the mask
    int causal;
    float scale;

    __device__ __forceinline__ int keys_of(int row) const { return causal ? min(row + 1, S) : S; }
};

// The part of the mask that belongs to a head.
__device__ __forceinline__ const float* mask_of(const float* mask, const Shape& shape, int head) {
    return mask ? mask + (long long)(head / shape.heads) * shape.mask_batch +
                      (long long)(head % shape.heads) * shape.mask_head
                : mask;
}

// What that part adds to the score of a query and a key.
__device__ __forceinline__ float added(const float* mask, const Shape& shape, int row, int key) {
    return mask ? mask[(long long)row * shape.mask_query + (long long)key * shape.mask_key] : 0.f;
}

// The maximum to subtract: 0 for a row that has seen nothing, so that exp(-inf - max) is 0 and not exp(-inf + inf).
__device__ __forceinline__ float shown(float max) { return max == -INFINITY ? 0.f : max; }

__device__ __forceinline__ float half_warp_sum(float v) {
#pragma unroll
    for (int step = 8; step > 0; step /= 2) v += __shfl_xor_sync(ALL_LANES, v, step);
    return v;
}

__device__ __forceinline__ float half_warp_max(float v) {
#pragma unroll
    for (int step = 8; step > 0; step /= 2) v = fmaxf(v, __shfl_xor_sync(ALL_LANES, v, step));
    return v;
}

// ---------------------------------------------------------------- tiles

// Widths of rows in shared memory, chosen so that no bank is asked twice; multiples of 4, for float4.
__host__ __device__ constexpr int vector_pitch(int d) { return d + 4; }        // 8 lanes read float4s of 8 rows
__host__ __device__ constexpr int score_pitch(int keys) { return keys + 16; }  // a warp writes 16 numbers of 2 rows

// ROWS vectors on their way from global to shared memory, in registers: asked for long before they are needed.
template <int ROWS, int D>
struct Vectors {
    static const int FOURS = ROWS * D / 4, EACH = (FOURS + 255) / 256;
    float4 held[EACH];

    // The first `rows` of them, each of d numbers; zeros elsewhere.
    __device__ __forceinline__ void fetch(const float* from, int rows, int d) {
        bool wide = d % 4 == 0 && aligned(from);
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            int i = 4 * (threadIdx.x + 256 * e), left = i / D < rows ? d - i % D : 0;
            const float* p = from + i / D * d + i % D;
            if (wide)
                held[e] = left > 0 ? *(const float4*)p : make_float4(0.f, 0.f, 0.f, 0.f);
            else
                held[e] = make_float4(left > 0 ? p[0] : 0.f, left > 1 ? p[1] : 0.f, left > 2 ? p[2] : 0.f,
                                      left > 3 ? p[3] : 0.f);
        }
    }

    __device__ __forceinline__ void store(float* tile) const {
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            int i = 4 * (threadIdx.x + 256 * e);
            if (i < ROWS * D) *(float4*)&tile[i / D * vector_pitch(D) + i % D] = held[e];
        }
    }
};

template <int ROWS, int D>
__device__ __forceinline__ void load_tile(float* tile, const float* from, int rows, int d) {
    Vectors<ROWS, D> vectors;
    vectors.fetch(from, rows, d);
    vectors.store(tile);
}

// N neighbours at once.
template <int N>
__device__ __forceinline__ void copy(float* to, const float* from) {
    if (N == 4) *(float4*)to = *(const float4*)from;
    if (N == 2) *(float2*)to = *(const float2*)from;
    if (N == 1) *to = *from;
}

// How many neighbours a thread holds of a vector of 16 E numbers, and the place of the e-th of its E numbers.
__host__ __device__ constexpr int neighbours(int E) { return E % 4 == 0 ? 4 : E % 2 == 0 ? 2 : 1; }

template <int E>
__device__ __forceinline__ int column(int x, int e) {
    const int N = neighbours(E);
    return e / N * 16 * N + x * N + e % N;
}

// ---------------------------------------------------------------- products of tiles

// s[r][c] += the product of vector y + 16 r of one tile and vector x + 16 c of another.
template <int D, int R, int C>
__device__ __forceinline__ void add_scores(float (&s)[R][C], const float* a_tile, const float* b_tile, int y, int x) {
#pragma unroll 1
    for (int i = 0; i < D; i += 4) {
        float a[R][4];
#pragma unroll
        for (int r = 0; r < R; r++) copy<4>(a[r], &a_tile[(y + 16 * r) * vector_pitch(D) + i]);
#pragma unroll
        for (int c = 0; c < C; c++) {
            float b[4];
            copy<4>(b, &b_tile[(x + 16 * c) * vector_pitch(D) + i]);
#pragma unroll
            for (int r = 0; r < R; r++)
#pragma unroll
                for (int n = 0; n < 4; n++) s[r][c] += a[r][n] * b[n];
        }
    }
}

// From products of queries and keys, scores: scaled, with the mask, and -inf where the query does not see the key, or
// one of them is not there. s[r][c] is that of query row0 + y + 16 r and key key0 + x + 16 c; turned, the keys have y.
template <bool turned, int R, int C>
__device__ __forceinline__ void finish_scores(float (&s)[R][C], const float* mask, const Shape& shape, int row0,
                                              int key0, int y, int x) {
#pragma unroll
    for (int r = 0; r < R; r++)
#pragma unroll
        for (int c = 0; c < C; c++) s[r][c] *= shape.scale;
    int rows = 16 * (turned ? C : R), keys = 16 * (turned ? R : C);
    if (!mask && row0 + rows <= shape.L && key0 + keys <= shape.keys_of(row0)) return;  // every query sees every key
    if (mask) mask += (long long)row0 * shape.mask_query + (long long)key0 * shape.mask_key;  // now an int will do
#pragma unroll
    for (int r = 0; r < R; r++)
#pragma unroll
        for (int c = 0; c < C; c++) {
            int row = turned ? x + 16 * c : y + 16 * r, key = turned ? y + 16 * r : x + 16 * c;
            bool seen = row0 + row < shape.L && key0 + key < shape.keys_of(row0 + row);
            float more = seen && mask ? mask[row * shape.mask_query + key * shape.mask_key] : 0.f;
            s[r][c] = seen ? s[r][c] + more : -INFINITY;
        }
}

// sum[r][e] += over j of p[y + 16 r][j] times number column(x, e) of vector j.
template <int D, int N, int R, int E>
__device__ __forceinline__ void add_vectors(float (&sum)[R][E], const float* p_tile, const float* tile, int y, int x) {
#pragma unroll 2
    for (int j = 0; j < N; j += 4) {
        float p[R][4];
#pragma unroll
        for (int r = 0; r < R; r++) copy<4>(p[r], &p_tile[(y + 16 * r) * score_pitch(N) + j]);
#pragma unroll
        for (int n = 0; n < 4; n++) {
            float v[E];
#pragma unroll
            for (int e = 0; e < E; e += neighbours(E))
                copy<neighbours(E)>(&v[e], &tile[(j + n) * vector_pitch(D) + column<E>(x, e)]);
#pragma unroll
            for (int r = 0; r < R; r++)
#pragma unroll
                for (int e = 0; e < E; e++) sum[r][e] += p[r][n] * v[e];
        }
    }
}

// Thread (y, x) writes its numbers of those of the vectors y + 16 r that are there, the first `rows`.
template <int R, int E>
__device__ __forceinline__ void store_vectors(float* to, const float (&sum)[R][E], int rows, int d, int y, int x) {
    const int N = neighbours(E);
    bool wide = d % N == 0 && aligned(to);
#pragma unroll
    for (int r = 0; r < R; r++)
#pragma unroll
        for (int e = 0; e < E; e += N) {
            int left = y + 16 * r < rows ? d - column<E>(x, e) : 0;
            float* p = to + (y + 16 * r) * d + column<E>(x, e);
            if (wide && left > 0)
                copy<N>(p, &sum[r][e]);
            else
#pragma unroll
                for (int n = 0; n < N; n++)
                    if (n < left) p[n] = sum[r][e + n];
        }
}
