// The simulator's twins of hopper.cuh: barriers that count bytes, tile loads, products of warpgroups.
#pragma once

struct alignas(64) CUtensorMap {  // what the loader puts here in place of NVIDIA's own, which is secret
    const char* base;
    long long columns, rows, pitch;  // pitch: bytes from row to row
    int box_columns, box_rows, bytes;
};

extern "C" {
void sim_mbar_init(uint64_t* bar, int count);
void sim_mbar_arrive(uint64_t* bar, int bytes);
void sim_mbar_wait(uint64_t* bar, int parity, Place place);
void sim_tma_load(void* to, const void* map, int column, int row, uint64_t* bar, Place place);
void sim_warpgroup_product(const void* post, size_t bytes, void (*operation)(void** posts), Place place);
void sim_warpgroup_commit(Place place);
void sim_warpgroup_wait(int groups_left, Place place);
}

inline void mbar_init(uint64_t* bar, int count) { sim_mbar_init(bar, count); }
inline void mbar_arrive(uint64_t* bar) { sim_mbar_arrive(bar, 0); }
inline void mbar_expect(uint64_t* bar, int bytes) { sim_mbar_arrive(bar, bytes); }
inline void mbar_wait(uint64_t* bar, int parity, AT_PLACE) { sim_mbar_wait(bar, parity, place); }
inline void fence_barriers() {}
inline void tma_load_2d(void* to, const CUtensorMap* map, int column, int row, uint64_t* bar, AT_PLACE) {
    sim_tma_load(to, map, column, row, bar, place);
}
inline void wgmma_fence() {}
inline void wgmma_commit(AT_PLACE) { sim_warpgroup_commit(place); }
template <int groups_left>
void wgmma_wait(AT_PLACE) { sim_warpgroup_wait(groups_left, place); }
template <int count>
void take_registers() {}
template <int count>
void give_registers() {}

// Number (row, i) of a tile of 64 numbers a row: the 16-byte pieces of a row are exchanged by the number of the row.
inline const char* swizzled(const char* p) { return (const char*)((uintptr_t)p ^ ((uintptr_t)p >> 7 & 7) << 4); }

struct GroupProduct {
    float* sum;
    const char *a, *b;
};
inline void multiply_64_128_16(void** posts) {
    const GroupProduct* first = (const GroupProduct*)posts[0];
    float a[64][16], b[128][16];
    for (int i = 0; i < 16; i++) {
        for (int row = 0; row < 64; row++) a[row][i] = *(const __half*)swizzled(first->a + row * 128 + i * 2);
        for (int row = 0; row < 128; row++) b[row][i] = *(const __half*)swizzled(first->b + row * 128 + i * 2);
    }
    for (int thread = 0; thread < 128; thread++) {
        float* sum = ((GroupProduct*)posts[thread])->sum;
        int row = thread / 32 * 16 + thread % 32 / 4, column = thread % 4 * 2;
        for (int i = 0; i < 64; i++) {
            float product = 0;
            for (int j = 0; j < 16; j++) product += a[row + i % 4 / 2 * 8][j] * b[column + i / 4 * 8 + i % 2][j];
            sum[i] += product;
        }
    }
}
inline void wgmma_f16(float (&sum)[64], const half* a, const half* b, AT_PLACE) {
    GroupProduct post{sum, (const char*)a, (const char*)b};
    sim_warpgroup_product(&post, sizeof post, multiply_64_128_16, place);
}
