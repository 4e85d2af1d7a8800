// arch: sm_90a
// Matrix products in half precision on Hopper's tensor cores:    c = a b^T
//
// a: m x k, b: n x k, float16, k a multiple of 8; c: m x n, float32. Any m and n: tiles are filled with zeros at the edges.
//
//     rung            idea                                                                     share of cuBLAS
//     matmul_wgmma    one warpgroup loads tiles by TMA into a ring of STAGES, two others       not yet run on a GPU
//                     multiply them by wgmma; nobody waits for the whole block
//
// Each stage of the ring has two barriers. `full`: the bytes of both tiles are here. `empty`: both consumers have read them.
// The loader waits for empty, then announces the bytes and begins the loads; the consumers wait for full, multiply, and
// arrive at empty. The parity of the round says which completion is meant.
#include "hopper.cuh"

const int BM = 128, BN = 128, BK = 64;  // a block's tile of c, and the depth of a stage: 128 bytes of float16

template <int STAGES>
__device__ __forceinline__ void load_tiles(half* a_ring, half* b_ring, uint64_t* full, uint64_t* empty,
                                           const CUtensorMap* a_map, const CUtensorMap* b_map, int row0, int column0,
                                           int turns) {
    for (int turn = 0; turn < turns; turn++) {
        int stage = turn % STAGES, round = turn / STAGES;
        mbar_wait(&empty[stage], (round & 1) ^ 1);  // in round 0 the stage is empty: the phase before counts as complete
        mbar_expect(&full[stage], (BM + BN) * BK * 2);
        tma_load_2d(a_ring + stage * BM * BK, a_map, turn * BK, row0, &full[stage]);
        tma_load_2d(b_ring + stage * BN * BK, b_map, turn * BK, column0, &full[stage]);
    }
}

template <int STAGES>
__global__ void __launch_bounds__(384, 1)
    matmul_wgmma(const __grid_constant__ CUtensorMap a_map, const __grid_constant__ CUtensorMap b_map, float* c, int m,
                 int n, int k) {
    extern __shared__ __align__(1024) char ring[];
    __shared__ __align__(8) uint64_t full[STAGES];
    __shared__ __align__(8) uint64_t empty[STAGES];
    half* a_ring = (half*)ring;
    half* b_ring = a_ring + STAGES * BM * BK;
    int thread = threadIdx.x, group = thread / 128, row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
    int turns = (k + BK - 1) / BK;
    if (thread == 0) {
        for (int stage = 0; stage < STAGES; stage++) {
            mbar_init(&full[stage], 1);
            mbar_init(&empty[stage], 2);
        }
        fence_barriers();
    }
    __syncthreads();  // nobody touches a barrier before it is made
    if (group == 0) {
        give_registers<24>();
        if (thread == 0) load_tiles<STAGES>(a_ring, b_ring, full, empty, &a_map, &b_map, row0, column0, turns);
        return;
    }
    take_registers<240>();
    float sum[BN / 2] = {};
    int half_of_tile = group - 1;  // 64 of the 128 rows
    for (int turn = 0; turn < turns; turn++) {
        int stage = turn % STAGES;
        mbar_wait(&full[stage], turn / STAGES & 1);
        wgmma_fence();
#pragma unroll
        for (int i = 0; i < BK; i += 16)
            wgmma_f16(sum, a_ring + stage * BM * BK + half_of_tile * 64 * BK + i, b_ring + stage * BN * BK + i);
        wgmma_commit();
        wgmma_wait<0>();
        if (thread % 128 == 0) mbar_arrive(&empty[stage]);
    }
    // Lane l of warp w holds, of each 8 columns, two of row 16 w + l / 4 and two of the row 8 below.
    int row = row0 + half_of_tile * 64 + thread % 128 / 32 * 16 + thread % 32 / 4, column = column0 + thread % 4 * 2;
#pragma unroll
    for (int i = 0; i < BN / 2; i++) {
        int r = row + i % 4 / 2 * 8, s = column + i / 4 * 8 + i % 2;
        if (r < m && s < n) c[(long long)r * n + s] = sum[i];
    }
}
