// Hopper's own instructions (sm_90a) as small functions: barriers that count bytes, tile loads, products of warpgroups.
//
//     mbar_init(bar, count)           a barrier in shared memory that `count` arrivals, and the bytes they announce, complete
//     mbar_arrive(bar)                one arrival
//     mbar_expect(bar, bytes)         one arrival, which announces bytes that tma_load_2d will bring
//     mbar_wait(bar, parity)          until the phase of this parity (0, 1, 0, ...) is complete
//     fence_barriers()                the barriers just made are known to the copying unit
//     tma_load_2d(to, map, column, row, bar)    the box of `map` at (row, column) to shared memory; zeros outside
//     wgmma_f16(sum, a, b)            sum (64 x 128, float) += a (64 x 16) b (128 x 16)^T, by 128 threads; tiles in shared
//                                     memory, 64 numbers a row, in the 128-byte swizzle that tma_load_2d writes
//     wgmma_fence(), wgmma_commit(), wgmma_wait<n>()    before the first; close a group; wait for all but the n newest
//     give_registers<n>(), take_registers<n>()          of a warpgroup, to or from the others of the block
//
// On the GPU each is one line of PTX; in the simulator the same names come from simulator/hopper.h.
#pragma once
#ifndef SIMULATED

#include <cuda_fp16.h>
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
struct alignas(64) CUtensorMap { uint64_t opaque[16]; };
#define HOPPER __device__ __forceinline__

HOPPER uint32_t at(const void* p) { return (uint32_t)__cvta_generic_to_shared(p); }

HOPPER void mbar_init(uint64_t* bar, int count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(at(bar)), "r"(count));
}
HOPPER void mbar_arrive(uint64_t* bar) {
    asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0];" ::"r"(at(bar)) : "memory");
}
HOPPER void mbar_expect(uint64_t* bar, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [%0], %1;" ::"r"(at(bar)), "r"(bytes)
                 : "memory");
}
HOPPER void mbar_wait(uint64_t* bar, int parity) {
    asm volatile(
        "{\n.reg .pred complete;\nagain:\n"
        "mbarrier.try_wait.parity.acquire.cta.shared::cta.b64 complete, [%0], %1;\n@!complete bra again;\n}"
        ::"r"(at(bar)), "r"(parity) : "memory");
}
HOPPER void fence_barriers() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

HOPPER void tma_load_2d(void* to, const CUtensorMap* map, int column, int row, uint64_t* bar) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
        ::"r"(at(to)), "l"(map), "r"(at(bar)), "r"(column), "r"(row) : "memory");
}

HOPPER void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
HOPPER void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int newest>
HOPPER void wgmma_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(newest) : "memory");
}
template <int count>
HOPPER void take_registers() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count));
}
template <int count>
HOPPER void give_registers() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count));
}

// Where a tile is and how it is laid out: 128-byte swizzle, 1024 bytes from one group of eight rows to the next.
HOPPER uint64_t descriptor(const void* tile) {
    return (uint64_t)((at(tile) & 0x3FFFF) >> 4) | 1ull << 16 | 64ull << 32 | 1ull << 62;
}

#define EIGHT(i) "+f"(sum[i]), "+f"(sum[i + 1]), "+f"(sum[i + 2]), "+f"(sum[i + 3]), "+f"(sum[i + 4]), "+f"(sum[i + 5]), \
                 "+f"(sum[i + 6]), "+f"(sum[i + 7])
HOPPER void wgmma_f16(float (&sum)[64], const half* a, const half* b) {
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "
        "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, "
        "%46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, %64, %65, 1, 1, 1, 0, 0;"
        : EIGHT(0), EIGHT(8), EIGHT(16), EIGHT(24), EIGHT(32), EIGHT(40), EIGHT(48), EIGHT(56)
        : "l"(descriptor(a)), "l"(descriptor(b)));
}
#undef EIGHT

#endif
