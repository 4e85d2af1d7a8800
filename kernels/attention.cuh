// What the attention kernels, forward and backward, share: sizes, masks, tiles.
#pragma once
#include "common.cuh"

struct Shape {
    int L, S, d, heads;  // queries, keys, size of a head, heads of one element of the batch
    int mask_batch, mask_head, mask_query, mask_key;  // strides of the mask
    int causal;
    float scale;

    __device__ __forceinline__ int keys_of(int row) const { return causal ? min(row + 1, S) : S; }
};

// What the mask adds to the score of a query and a key.
__device__ __forceinline__ float added(const float* mask, const Shape& shape, int head, int row, int key) {
    if (!mask) return 0.f;
    return mask[(long long)(head / shape.heads) * shape.mask_batch + (long long)(head % shape.heads) * shape.mask_head +
                (long long)row * shape.mask_query + (long long)key * shape.mask_key];
}

// The score, from the product of query and key; -inf where the query does not see the key, or one of them is not there.
__device__ __forceinline__ float score(float product, const float* mask, const Shape& shape, int head, int row, int key) {
    if (row >= shape.L || key >= shape.keys_of(row)) return -INFINITY;
    return product * shape.scale + added(mask, shape, head, row, key);
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

// ROWS vectors from `row0` on, of `rows` that are there, each of d numbers, to a tile of ROWS x (D + 1); zeros elsewhere.
template <int ROWS, int D>
__device__ __forceinline__ void load_tile(float* tile, const float* from, int row0, int rows, int d) {
    for (int i = threadIdx.x; i < ROWS * D; i += blockDim.x) {
        int r = i / D, c = i % D;
        tile[r * (D + 1) + c] = row0 + r < rows && c < d ? from[(long long)(row0 + r) * d + c] : 0.f;
    }
}

// sum[r][c] += the product of vector y + 16 r of one tile and vector x + 16 c of another.
template <int R, int C, int D>
__device__ __forceinline__ void multiply(float (&sum)[R][C], const float* a_tile, const float* b_tile, int y, int x) {
#pragma unroll 4
    for (int i = 0; i < D; i++) {
        float of_b[C];
#pragma unroll
        for (int c = 0; c < C; c++) of_b[c] = b_tile[(x + 16 * c) * (D + 1) + i];
#pragma unroll
        for (int r = 0; r < R; r++) {
            float of_a = a_tile[(y + 16 * r) * (D + 1) + i];
#pragma unroll
            for (int c = 0; c < C; c++) sum[r][c] += of_a * of_b[c];
        }
    }
}
