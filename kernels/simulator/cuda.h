// CUDA C++ as plain C++: what a .cu file needs to be compiled by g++ or clang and run by the simulator.
//
// Qualifiers vanish; threadIdx and its kin are variables that the scheduler sets before a thread goes on; whatever lets
// threads meet (barriers, shuffles, votes) is a call of the scheduler. Such a call takes its place in the source as a
// default argument, so that reports can name it. The loader rewrites declarations of __shared__ arrays to SHARED_ARRAY and
// SHARED_REST, and appends one launch function for each kernel.
// Read next: scheduler.cpp.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <tuple>
#include <type_traits>
#include <utility>

#define SIMULATED 1
#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __grid_constant__

struct Place {  // in the source, of a call
    const char* file;
    int line;
};
#define AT_PLACE Place place = {__builtin_FILE(), __builtin_LINE()}

struct uint3 { unsigned x, y, z; };
struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

extern "C" {
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
extern int sim_lane;
void sim_block_operation(void* post, void (*operation)(void** posts, int count), Place place);
void sim_warp_operation(unsigned mask, void* post, void (*operation)(void** posts, unsigned mask), Place place);
void* sim_shared(const void* key, size_t bytes, int grain, const char* name);
void* sim_dynamic_shared(int grain);
void sim_copy_async(void* to, const void* from, int bytes, int valid);
void sim_copy_commit();
void sim_copy_wait(int groups_left);
void sim_atomic(void* address, int bytes);
void sim_touch(const void* address, int bytes, int write);
void sim_stop(const char* kind, const char* why, Place place);
int sim_launch(void (*kernel)(void*), void* arguments, const unsigned* grid, const unsigned* block, size_t shared_bytes);
}

const int warpSize = 32;

// ---- vectors of two and four: an assignment is one access of 8 or 16 bytes, as on the GPU

#define VECTOR2(V, T)                    \
    struct alignas(2 * sizeof(T)) V {    \
        T x, y;                          \
    };                                   \
    inline V make_##V(T x, T y) { return V{x, y}; }
#define VECTOR4(V, T)                                                                    \
    struct alignas(4 * sizeof(T)) V {                                                    \
        T x, y, z, w;                                                                    \
        typedef T raw __attribute__((vector_size(4 * sizeof(T)), may_alias));            \
        V() = default;                                                                   \
        V(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}                                \
        V(const V& other) { *(raw*)this = *(const raw*)&other; }                         \
        V& operator=(const V& other) { *(raw*)this = *(const raw*)&other; return *this; } \
    };                                                                                   \
    inline V make_##V(T x, T y, T z, T w) { return V(x, y, z, w); }
VECTOR2(float2, float)
VECTOR2(int2, int)
VECTOR2(uint2, unsigned)
VECTOR4(float4, float)
VECTOR4(int4, int)
VECTOR4(uint4, unsigned)

// ---- shared memory

template <class T>
constexpr int grain_of() {
    return sizeof(std::remove_all_extents_t<T>) < 4 ? 2 : 4;
}
#define SHARED_ARRAY(T, name, dims)    \
    static char name##_key;            \
    typedef T name##_array dims;       \
    name##_array& name = *(name##_array*)sim_shared(&name##_key, sizeof(name##_array), grain_of<name##_array>(), #name)
#define SHARED_REST(T, name) T* name = (T*)sim_dynamic_shared(grain_of<T>())

// ---- the block meets

inline void __syncthreads(AT_PLACE) { sim_block_operation(nullptr, nullptr, place); }

template <class Join>
struct BlockVote {
    int given, result;
    static void run(void** posts, int count) {
        int all = Join::start;
        for (int i = 0; i < count; i++) all = Join::join(all, ((BlockVote*)posts[i])->given != 0);
        for (int i = 0; i < count; i++) ((BlockVote*)posts[i])->result = all;
    }
};
struct AnyOf { enum { start = 0 }; static int join(int a, int b) { return a | b; } };
struct AllOf { enum { start = 1 }; static int join(int a, int b) { return a & b; } };
struct CountOf { enum { start = 0 }; static int join(int a, int b) { return a + b; } };

template <class Join>
int block_vote(int given, Place place) {
    BlockVote<Join> post{given, 0};
    sim_block_operation(&post, BlockVote<Join>::run, place);
    return post.result;
}
inline int __syncthreads_or(int given, AT_PLACE) { return block_vote<AnyOf>(given, place); }
inline int __syncthreads_and(int given, AT_PLACE) { return block_vote<AllOf>(given, place); }
inline int __syncthreads_count(int given, AT_PLACE) { return block_vote<CountOf>(given, place); }

// ---- the lanes of a warp meet

inline void __syncwarp(unsigned mask = ~0u, AT_PLACE) { sim_warp_operation(mask, nullptr, nullptr, place); }

template <class T>
struct Shuffle {
    T given;
    int source;
    Place place;
    T result;
    static void run(void** posts, unsigned mask) {
        for (int lane = 0; lane < 32; lane++) {
            if (!(mask >> lane & 1)) continue;
            Shuffle* mine = (Shuffle*)posts[lane];
            if (!(mask >> mine->source & 1)) sim_stop("partial mask", "a shuffle reads a lane outside of its mask", mine->place);
            mine->result = ((Shuffle*)posts[mine->source])->given;
        }
    }
};
template <class T>
T shuffle(unsigned mask, T given, int source, Place place) {
    Shuffle<T> post{given, source, place, given};
    sim_warp_operation(mask, &post, Shuffle<T>::run, place);
    return post.result;
}
// A warp falls into segments of `width` lanes; a source outside of the own segment is the lane itself.
inline int segment(int width) { return sim_lane & ~(width - 1); }
template <class T>
T __shfl_sync(unsigned mask, T given, int source, int width = 32, AT_PLACE) {
    return shuffle(mask, given, segment(width) + (source & (width - 1)), place);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T given, int bits, int width = 32, AT_PLACE) {
    int source = sim_lane ^ bits;
    return shuffle(mask, given, source < segment(width) + width ? source : sim_lane, place);
}
template <class T>
T __shfl_down_sync(unsigned mask, T given, int distance, int width = 32, AT_PLACE) {
    int source = sim_lane + distance;
    return shuffle(mask, given, source < segment(width) + width ? source : sim_lane, place);
}
template <class T>
T __shfl_up_sync(unsigned mask, T given, int distance, int width = 32, AT_PLACE) {
    int source = sim_lane - distance;
    return shuffle(mask, given, source >= segment(width) ? source : sim_lane, place);
}

struct Ballot {
    int given;
    unsigned result;
    static void run(void** posts, unsigned mask) {
        unsigned bits = 0;
        for (int lane = 0; lane < 32; lane++)
            if (mask >> lane & 1) bits |= (unsigned)(((Ballot*)posts[lane])->given != 0) << lane;
        for (int lane = 0; lane < 32; lane++)
            if (mask >> lane & 1) ((Ballot*)posts[lane])->result = bits;
    }
};
inline unsigned __ballot_sync(unsigned mask, int given, AT_PLACE) {
    Ballot post{given, 0};
    sim_warp_operation(mask, &post, Ballot::run, place);
    return post.result;
}
inline int __any_sync(unsigned mask, int given, AT_PLACE) { return __ballot_sync(mask, given, place) != 0; }
inline int __all_sync(unsigned mask, int given, AT_PLACE) { return !__ballot_sync(mask, !given, place); }

// ---- arithmetic: the quick forms of the GPU are the exact ones here

inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float rsqrtf(float x) { return 1.f / sqrtf(x); }
inline float __frcp_rn(float x) { return 1.f / x; }
inline float __fdividef(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
inline long long min(long long a, long long b) { return a < b ? a : b; }
inline long long max(long long a, long long b) { return a > b ? a : b; }
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }

template <class To, class From>
To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
inline float __int_as_float(int i) { return bits_as<float>(i); }
inline float __uint_as_float(unsigned i) { return bits_as<float>(i); }
inline int __float_as_int(float f) { return bits_as<int>(f); }
inline unsigned __float_as_uint(float f) { return bits_as<unsigned>(f); }
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
template <class T>
T __ldg(const T* p) { return *p; }
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __trap(AT_PLACE) { sim_stop("trap", "__trap()", place); }

// ---- atomics: a block runs on one thread of the CPU, so a plain update is one step; only the checker is told

#define UNSEEN __attribute__((no_sanitize("thread")))
#define ATOMIC(name, parameters, stored)                   \
    template <class T>                                     \
    UNSEEN inline T name parameters {                      \
        sim_atomic(p, sizeof(T));                          \
        T old = *p;                                        \
        *p = stored;                                       \
        return old;                                        \
    }
ATOMIC(atomicAdd, (T* p, T value), old + value)
ATOMIC(atomicMax, (T* p, T value), value > old ? value : old)
ATOMIC(atomicMin, (T* p, T value), value < old ? value : old)
ATOMIC(atomicExch, (T* p, T value), value)
ATOMIC(atomicCAS, (T* p, T compare, T value), old == compare ? value : old)

// ---- 16-bit floats: kept as bits, computed with as float

inline float half_to_float(uint16_t h) {
    unsigned sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31, mantissa = h & 1023;
    if (exponent == 31) return __uint_as_float(sign | 0x7f800000u | mantissa << 13);
    if (exponent == 0) return (sign ? -1.f : 1.f) * mantissa * 0x1p-24f;
    return __uint_as_float(sign | (exponent + 112) << 23 | mantissa << 13);
}
inline uint16_t float_to_half(float f) {
    unsigned bits = __float_as_uint(f), sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000u) return sign | 0x7e00;
    if (bits >= 0x477ff000u) return sign | 0x7c00;  // rounds to 65536 or more
    if (bits < 0x38800000u) return sign | (uint16_t)nearbyintf(__uint_as_float(bits) * 0x1p24f);
    return sign | (bits + 0xfff + (bits >> 13 & 1) - 0x38000000u) >> 13;
}
inline float bf16_to_float(uint16_t h) { return __uint_as_float((unsigned)h << 16); }
inline uint16_t float_to_bf16(float f) {
    unsigned bits = __float_as_uint(f);
    if ((bits & 0x7fffffff) > 0x7f800000u) return bits >> 16 | 64;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
struct __half {
    uint16_t bits;
    __half() = default;
    __half(float f) : bits(float_to_half(f)) {}
    operator float() const { return half_to_float(bits); }
};
struct __nv_bfloat16 {
    uint16_t bits;
    __nv_bfloat16() = default;
    __nv_bfloat16(float f) : bits(float_to_bf16(f)) {}
    operator float() const { return bf16_to_float(bits); }
};
typedef __half half;
typedef __nv_bfloat16 nv_bfloat16;
struct alignas(4) __half2 { __half x, y; };
struct alignas(4) __nv_bfloat162 { __nv_bfloat16 x, y; };
typedef __half2 half2;
inline float __half2float(__half h) { return h; }
inline __half __float2half(float f) { return f; }
inline float __bfloat162float(__nv_bfloat16 h) { return h; }
inline __nv_bfloat16 __float2bfloat16(float f) { return f; }
inline __half2 __floats2half2_rn(float a, float b) { return {a, b}; }
inline __nv_bfloat162 __floats2bfloat162_rn(float a, float b) { return {a, b}; }

// ---- launching, by cuLaunchKernel's convention: an array of pointers to the arguments

template <class... Parameters>
struct Call {
    void (*kernel)(Parameters...);
    void** arguments;

    template <size_t... i>
    UNSEEN void expand(std::index_sequence<i...>) {
        kernel(*(std::remove_reference_t<Parameters>*)arguments[i]...);
    }
    UNSEEN static void run(void* self) { ((Call*)self)->expand(std::index_sequence_for<Parameters...>()); }
};
template <class... Parameters>
int simulate(void (*kernel)(Parameters...), void** arguments, const unsigned* grid, const unsigned* block,
             size_t shared_bytes) {
    Call<Parameters...> call{kernel, arguments};
    return sim_launch(Call<Parameters...>::run, &call, grid, block, shared_bytes);
}

#include "ptx.h"
#include "hopper.h"
