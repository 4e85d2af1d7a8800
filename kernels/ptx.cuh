// Instructions that C++ has no words for, as small functions: asynchronous copies and tensor cores (sm_80 and later).
//
//     cp_async_4, cp_async_16(to, from, valid)    copy 4 or 16 bytes from global to shared memory; zeros if not valid
//     cp_async_commit(); cp_async_wait<n>()       close a group of copies; wait until all but the n newest groups are done
//     ldmatrix_x4(r, row), ldmatrix_x4_trans      four 8 x 8 matrices of 16-bit numbers from shared memory, as mma wants them
//     mma_m16n8k16_bf16, mma_m16n8k16_f16         c (16 x 8, float) += a (16 x 16) b (16 x 8)
//
// On the GPU each is one line of PTX (https://docs.nvidia.com/cuda/parallel-thread-execution/). In the simulator the same
// names come from simulator/ptx.h, which also says which lane holds which number.
#pragma once
#ifndef SIMULATED

typedef unsigned int uint32_t;

__device__ __forceinline__ unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ __forceinline__ void cp_async_4(void* to, const void* from, bool valid = true) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(to)), "l"(from), "r"(valid ? 4 : 0));
}

__device__ __forceinline__ void cp_async_16(void* to, const void* from, bool valid = true) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(valid ? 16 : 0));
}

__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int newest>
__device__ __forceinline__ void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(newest) : "memory");
}

__device__ __forceinline__ void ldmatrix_x4(uint32_t r[4], const void* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)));
}

__device__ __forceinline__ void ldmatrix_x4_trans(uint32_t r[4], const void* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)));
}

#define MMA_M16N8K16(name, type)                                                                                      \
    __device__ __forceinline__ void name(float c[4], const uint32_t a[4], const uint32_t b[2]) {                      \
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." type "." type ".f32 "                                   \
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                                \
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                 \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                             \
    }
MMA_M16N8K16(mma_m16n8k16_bf16, "bf16")
MMA_M16N8K16(mma_m16n8k16_f16, "f16")
#undef MMA_M16N8K16

#endif
