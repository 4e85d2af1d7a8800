// A product of two tiles in shared memory, with the results in registers: what the kernels of matmul and conv2d share.
#pragma once

// Where the i-th of a thread's `own` numbers lies in a tile of `size`: they come in fours, and the fours of one thread are
// far apart. So the threads of a warp read from a tile what lies side by side, and no bank is asked twice. `first` is a
// thread's place among the fours, a multiple of 4.
template <int size, int own>
__device__ __forceinline__ int place(int i, int first) {
    return i / 4 * (size / (own / 4)) + first + i % 4;
}

// sum[r][s] += over k of a_tile[k][row r] b_tile[k][column s]. Each number from a tile serves TM or TN operations.
template <int BM, int BN, int BK, int TM, int TN>
__device__ __forceinline__ void multiply_tiles(float (&sum)[TM][TN], const float (*a_tile)[BM + 4],
                                               const float (*b_tile)[BN + 4], int y, int x) {
#pragma unroll
    for (int k = 0; k < BK; k++) {
        float of_a[TM], of_b[TN];
#pragma unroll
        for (int r = 0; r < TM; r += 4) *(float4*)&of_a[r] = *(const float4*)&a_tile[k][place<BM, TM>(r, y)];
#pragma unroll
        for (int s = 0; s < TN; s += 4) *(float4*)&of_b[s] = *(const float4*)&b_tile[k][place<BN, TN>(s, x)];
#pragma unroll
        for (int r = 0; r < TM; r++)
#pragma unroll
            for (int s = 0; s < TN; s++) sum[r][s] += of_a[r] * of_b[s];
    }
}

// The thread's part of a block's results to the m x n matrix c.
template <int BM, int BN, int TM, int TN>
__device__ __forceinline__ void store_tile(float* c, const float (&sum)[TM][TN], int m, int n, int row0, int column0, int y,
                                           int x) {
    bool vector = n % 4 == 0 && (size_t)c % 16 == 0;
#pragma unroll
    for (int r = 0; r < TM; r++) {
        int row = row0 + place<BM, TM>(r, y);
#pragma unroll
        for (int s = 0; s < TN; s += 4) {
            int column = column0 + place<BN, TN>(s, x);
            float* to = c + (long long)row * n + column;
            if (row >= m || column >= n) continue;
            if (vector) *(float4*)to = make_float4(sum[r][s], sum[r][s + 1], sum[r][s + 2], sum[r][s + 3]);
            else for (int j = 0; j < 4 && column + j < n; j++) to[j] = sum[r][s + j];
        }
    }
}
