// arch: sm_80
// Matrix products, float32, as matmul.cu's, with the loads of the next tiles under way while these are multiplied.
//
//     rung                idea                                                                share of cuBLAS, TF32 off
//     matmul_pipelined    two sets of tiles: cp.async fills one, past the registers, while    not yet run on a GPU
//                         the other is multiplied. A copy of 4 bytes fits any stride and
//                         any edge: what is outside is written as 0.
//
// Per turn of the loop: begin the copies of the next tiles, wait for those of the turn before (each thread for its own,
// the barrier for all), multiply, and a barrier again, before these tiles are overwritten.
#include "ptx.cuh"
#include "tiles.cuh"

// As in matmul.cu: tile[k][i] of BK x SIZE numbers, where i counts a's rows or b's columns.
template <int SIZE, int BK, int THREADS>
__device__ __forceinline__ void begin_load(const float* from, int i_stride, int k_stride, int i_left, int k_left,
                                           float (*tile)[SIZE + 4]) {
    bool along_k = k_stride == 1 && i_stride != 1;  // neighbours in memory are neighbours in k
    for (int q = threadIdx.x; q < BK * SIZE; q += THREADS) {
        int k = along_k ? q % BK : q / SIZE, i = along_k ? q / BK : q % SIZE;
        bool inside = k < k_left && i < i_left;
        cp_async_4(&tile[k][i], inside ? from + (long long)i * i_stride + (long long)k * k_stride : from, inside);
    }
}

template <int BM, int BN, int BK, int TM, int TN>
__global__ void __launch_bounds__(BM / TM * (BN / TN))
    matmul_pipelined(const float* a, const float* b, float* c, int m, int n, int k, int a_row, int a_column,
                     long long a_batch, int b_row, int b_column, long long b_batch) {
    const int THREADS = BM / TM * (BN / TN);
    __shared__ __align__(16) float a_tiles[2][BK][BM + 4];
    __shared__ __align__(16) float b_tiles[2][BK][BN + 4];
    int x = threadIdx.x % (BN / TN) * 4, y = threadIdx.x / (BN / TN) * 4, row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
    a += blockIdx.z * a_batch + (long long)row0 * a_row;
    b += blockIdx.z * b_batch + (long long)column0 * b_column;
    float sum[TM][TN] = {};
    auto begin = [&](int k0, int which) {
        begin_load<BM, BK, THREADS>(a + (long long)k0 * a_column, a_row, a_column, m - row0, k - k0, a_tiles[which]);
        begin_load<BN, BK, THREADS>(b + (long long)k0 * b_row, b_column, b_row, n - column0, k - k0, b_tiles[which]);
        cp_async_commit();
    };
    begin(0, 0);
    for (int k0 = 0, which = 0; k0 < k; k0 += BK, which ^= 1) {
        if (k0 + BK < k) {
            begin(k0 + BK, which ^ 1);
            cp_async_wait<1>();  // all but the newest: these tiles are here
        } else {
            cp_async_wait<0>();
        }
        __syncthreads();  // and those parts of them that others have copied
        multiply_tiles<BM, BN, BK, TM, TN>(sum, a_tiles[which], b_tiles[which], y, x);
        __syncthreads();  // all have read them: the next turn may overwrite them
    }
    store_tile<BM, BN, TM, TN>(c + (long long)blockIdx.z * m * n, sum, m, n, row0, column0, y, x);
}
