// Matrix products, float32:    c = a b    a: m x k    b: k x n    c: m x n, row after row; a batch of them by blockIdx.z
//
// a and b come with a stride for rows, one for columns and one for the batch (0: the same matrix every time), counted in
// numbers. So a transposed operand, as the backward pass has two of (ga = g b^T, gb = a^T g), needs no copy.
//
//     rung                idea                                                               share of cuBLAS, TF32 off
//     matmul_naive        a thread computes a number of c: 2 k loads for 2 k operations      not yet run on a GPU
//     matmul_tiled        a block shares T x T tiles: each load serves T threads             not yet run on a GPU
//     matmul_registers    a thread computes TM x TN numbers: each load from the tiles        not yet run on a GPU
//                         serves TM or TN operations; four numbers at a time
//     matmul_pipelined    the next tiles are under way while these are multiplied:           not yet run on a GPU
//                         matmul_pipelined.cu
//
// Any shape and any strides work. Edges are filled with zeros, which add nothing.
#include "tiles.cuh"

extern "C" __global__ void matmul_naive(const float* a, const float* b, float* c, int m, int n, int k, int a_row,
                                        int a_column, long long a_batch, int b_row, int b_column, long long b_batch) {
    int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= m || column >= n) return;
    a += blockIdx.z * a_batch + (long long)row * a_row;
    b += blockIdx.z * b_batch + (long long)column * b_column;
    float sum = 0.f;
    for (int i = 0; i < k; i++) sum += a[(long long)i * a_column] * b[(long long)i * b_row];
    c[((long long)blockIdx.z * m + row) * n + column] = sum;
}

template <int T>
__global__ void __launch_bounds__(T* T)
    matmul_tiled(const float* a, const float* b, float* c, int m, int n, int k, int a_row, int a_column,
                 long long a_batch, int b_row, int b_column, long long b_batch) {
    __shared__ float a_tile[T][T + 1];  // one more: a column of it lies in T different banks
    __shared__ float b_tile[T][T + 1];
    int x = threadIdx.x, y = threadIdx.y, row0 = blockIdx.y * T, column0 = blockIdx.x * T;
    a += blockIdx.z * a_batch;
    b += blockIdx.z * b_batch;
    // Neighbouring threads read along the stride of 1, whichever it is.
    bool a_along = a_column == 1, b_along = b_column == 1;
    int a_r = a_along ? y : x, a_c = a_along ? x : y, b_r = b_along ? y : x, b_c = b_along ? x : y;
    float sum = 0.f;
    for (int k0 = 0; k0 < k; k0 += T) {
        int ar = row0 + a_r, ac = k0 + a_c, br = k0 + b_r, bc = column0 + b_c;
        a_tile[a_r][a_c] = ar < m && ac < k ? a[(long long)ar * a_row + (long long)ac * a_column] : 0.f;
        b_tile[b_r][b_c] = br < k && bc < n ? b[(long long)br * b_row + (long long)bc * b_column] : 0.f;
        __syncthreads();  // the tiles are whole before anyone reads them
#pragma unroll
        for (int i = 0; i < T; i++) sum += a_tile[y][i] * b_tile[i][x];
        __syncthreads();  // and read by all before anyone writes the next
    }
    if (row0 + y < m && column0 + x < n) c[((long long)blockIdx.z * m + row0 + y) * n + column0 + x] = sum;
}

// ---------------------------------------------------------------- 2-D registers

// Four numbers at p, p + step, ...; zeros from the `left`-th on. `vector`: they are neighbours, and aligned.
__device__ __forceinline__ float4 four(const float* p, int step, int left, bool vector) {
    if (vector && left >= 4) return *(const float4*)p;
    float4 q = make_float4(0.f, 0.f, 0.f, 0.f);
    if (left > 0) q.x = p[0];
    if (left > 1) q.y = p[step];
    if (left > 2) q.z = p[2 * (long long)step];
    if (left > 3) q.w = p[3 * (long long)step];
    return q;
}

// BK x SIZE numbers of an operand to shared memory, as tile[k][i], where i counts a's rows or b's columns.
// `from` is the first of them, i_stride and k_stride the way to the next; i_left and k_left of them are there.
template <int SIZE, int BK, int THREADS>
__device__ __forceinline__ void load(const float* from, int i_stride, int k_stride, int i_left, int k_left,
                                     float (*tile)[SIZE + 4]) {
    bool along_k = k_stride == 1 && i_stride != 1;  // neighbours in memory are neighbours in k
    int step = along_k ? k_stride : i_stride, other = along_k ? i_stride : k_stride;
    bool vector = step == 1 && other % 4 == 0 && (size_t)from % 16 == 0;
    for (int q = threadIdx.x; q < BK * SIZE / 4; q += THREADS) {
        int k = along_k ? q % (BK / 4) * 4 : q / (SIZE / 4), i = along_k ? q / (BK / 4) : q % (SIZE / 4) * 4;
        bool inside = along_k ? i < i_left : k < k_left;
        int left = !inside ? 0 : along_k ? k_left - k : i_left - i;
        float4 v = four(from + (long long)i * i_stride + (long long)k * k_stride, step, left, vector);
        if (along_k) {
            tile[k][i] = v.x, tile[k + 1][i] = v.y, tile[k + 2][i] = v.z, tile[k + 3][i] = v.w;
        } else {
            *(float4*)&tile[k][i] = v;
        }
    }
}

// A block computes BM x BN numbers of c, a thread TM x TN of them.
template <int BM, int BN, int BK, int TM, int TN>
__global__ void __launch_bounds__(BM / TM * (BN / TN))
    matmul_registers(const float* a, const float* b, float* c, int m, int n, int k, int a_row, int a_column,
                     long long a_batch, int b_row, int b_column, long long b_batch) {
    const int THREADS = BM / TM * (BN / TN);
    __shared__ __align__(16) float a_tile[BK][BM + 4];
    __shared__ __align__(16) float b_tile[BK][BN + 4];
    int x = threadIdx.x % (BN / TN) * 4, y = threadIdx.x / (BN / TN) * 4, row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
    a += blockIdx.z * a_batch + (long long)row0 * a_row;
    b += blockIdx.z * b_batch + (long long)column0 * b_column;
    float sum[TM][TN] = {};
    for (int k0 = 0; k0 < k; k0 += BK) {
        load<BM, BK, THREADS>(a + (long long)k0 * a_column, a_row, a_column, m - row0, k - k0, a_tile);
        load<BN, BK, THREADS>(b + (long long)k0 * b_row, b_column, b_row, n - column0, k - k0, b_tile);
        __syncthreads();  // the tiles are whole
        multiply_tiles<BM, BN, BK, TM, TN>(sum, a_tile, b_tile, y, x);
        __syncthreads();  // and have been read
    }
    store_tile<BM, BN, TM, TN>(c + (long long)blockIdx.z * m * n, sum, m, n, row0, column0, y, x);
}
