// What several kernels share: sums and maxima over threads, and who shares a row of a matrix.
//
//     warp_sum(v), warp_max(v)      every lane of a full warp gets the sum (maximum) of the 32 lanes' v
//     block_sum(v), block_max(v)    every thread of a one-dimensional block of whole warps gets that of all threads' v
//     Thread, Warp, Block           the team that shares a row: a kernel over rows is written once, for all three
//     Running                       the maximum and the sum of exponentials of the numbers met so far
//     aligned(p)                    whether four numbers may be read at once from p on
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

// A butterfly: after step k a lane holds the result of the 2^k lanes whose numbers differ from its own in k bits.
// All lanes add in an order that gives the same bits, on every run.
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

__device__ __forceinline__ bool aligned(const void* p) { return (size_t)p % 16 == 0; }

// ---------------------------------------------------------------- who shares a row

// row(): which one; member() of members(): who am I; wide: whether four numbers at a time are worth their while.
struct Thread {
    static const bool wide = false;
    static __device__ __forceinline__ int row() { return blockIdx.x * blockDim.x + threadIdx.x; }
    static __device__ __forceinline__ int member() { return 0; }
    static __device__ __forceinline__ int members() { return 1; }
    static __device__ __forceinline__ float sum(float v) { return v; }
    static __device__ __forceinline__ float max(float v) { return v; }
};

struct Warp {
    static const bool wide = false;
    static __device__ __forceinline__ int row() { return blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32; }
    static __device__ __forceinline__ int member() { return threadIdx.x % 32; }
    static __device__ __forceinline__ int members() { return 32; }
    static __device__ __forceinline__ float sum(float v) { return warp_sum(v); }
    static __device__ __forceinline__ float max(float v) { return warp_max(v); }
};

struct Block {
    static const bool wide = true;
    static __device__ __forceinline__ int row() { return blockIdx.x; }
    static __device__ __forceinline__ int member() { return threadIdx.x; }
    static __device__ __forceinline__ int members() { return blockDim.x; }
    static __device__ __forceinline__ float sum(float v) { return block_sum(v); }
    static __device__ __forceinline__ float max(float v) { return block_max(v); }
};

// ---------------------------------------------------------------- the sum of exponentials in one pass

// Whoever meets a larger maximum scales the sum so far by exp(old max - new max).
// Milakov and Gimelshein, Online normalizer calculation for softmax, 2018, arXiv:1805.02867.
struct Running {
    float max = -INFINITY, sum = 0.f;  // sum of exp(x - max)

    __device__ __forceinline__ void meet(float x) {
        float now = fmaxf(max, x);
        sum = sum * rescale(now) + (x == -INFINITY ? 0.f : expf(x - now));  // both may be -inf: 0, not exp(inf - inf)
        max = now;
    }

    // exp(max - now); 1 where both are -inf: nothing was met yet.
    __device__ __forceinline__ float rescale(float now) const { return max == now ? 1.f : expf(max - now); }

    // What all members of a team met.
    template <class Team>
    __device__ __forceinline__ Running of() const {
        Running all;
        all.max = Team::max(max);
        all.sum = Team::sum(sum * rescale(all.max));
        return all;
    }
};
