// What several kernels share: sums and maxima over the threads of a warp and of a block.
//
//     warp_sum(v), warp_max(v)      every lane of a full warp gets the sum (maximum) of the 32 lanes' v
//     block_sum(v), block_max(v)    every thread of a one-dimensional block of whole warps gets that of all threads' v
//
// A butterfly: after step k a lane holds the result of the 2^k lanes whose numbers differ from its own in k bits.
// The additions are taken in the same order in every lane and on every run, so all lanes hold the same bits.
#pragma once

#ifdef __CUDACC_RTC__  // NVRTC comes without <math.h>
#define INFINITY __int_as_float(0x7f800000)
#endif

const unsigned ALL_LANES = 0xffffffffu;

struct Sum {
    static __device__ __forceinline__ float identity() { return 0.f; }
    static __device__ __forceinline__ float join(float a, float b) { return a + b; }
};

struct Max {
    static __device__ __forceinline__ float identity() { return -INFINITY; }
    static __device__ __forceinline__ float join(float a, float b) { return fmaxf(a, b); }
};

template <class Op>
__device__ __forceinline__ float warp_reduce(float v) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) v = Op::join(v, __shfl_xor_sync(ALL_LANES, v, step));
    return v;
}

template <class Op>
__device__ __forceinline__ float block_reduce(float v) {
    __shared__ float of_warp[32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    v = warp_reduce<Op>(v);
    __syncthreads();  // of_warp may still be read by those who are in the call before this one
    if (lane == 0) of_warp[warp] = v;
    __syncthreads();
    v = lane < blockDim.x / 32 ? of_warp[lane] : Op::identity();
    return warp_reduce<Op>(v);
}

__device__ __forceinline__ float warp_sum(float v) { return warp_reduce<Sum>(v); }
__device__ __forceinline__ float warp_max(float v) { return warp_reduce<Max>(v); }
__device__ __forceinline__ float block_sum(float v) { return block_reduce<Sum>(v); }
__device__ __forceinline__ float block_max(float v) { return block_reduce<Max>(v); }
