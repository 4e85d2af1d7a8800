// The simulator's twins of ptx.cuh: tensor cores and asynchronous copies. On the GPU the same names are inline PTX.
//
// Which lane holds which element is that of the PTX manual: of lane l, g = l / 4 counts rows (of A and C) or columns (of
// B), t = l % 4 counts pairs along the other side.
#pragma once

struct Product {
    float* c;
    const uint32_t *a, *b;
    Place place;
};

// mma.sync.m16n8k16.row.col: C (16 x 8) += A (16 x 16) B (16 x 8); A in 4 registers of two numbers, B in 2, C in 4 floats
template <float (*widen)(uint16_t)>
void multiply_16_8_16(void** posts, unsigned mask) {
    if (mask != ~0u) sim_stop("partial mask", "mma needs the whole warp", ((Product*)posts[__builtin_ctz(mask)])->place);
    float a[16][16], b[16][8];
    for (int lane = 0; lane < 32; lane++) {
        const Product* p = (const Product*)posts[lane];
        int g = lane / 4, t = lane % 4;
        for (int half = 0; half < 2; half++) {
            for (int r = 0; r < 4; r++) a[g + r % 2 * 8][t * 2 + half + r / 2 * 8] = widen(p->a[r] >> 16 * half);
            for (int r = 0; r < 2; r++) b[t * 2 + half + r * 8][g] = widen(p->b[r] >> 16 * half);
        }
    }
    for (int lane = 0; lane < 32; lane++) {
        const Product* p = (const Product*)posts[lane];
        for (int r = 0; r < 4; r++) {
            int row = lane / 4 + r / 2 * 8, column = lane % 4 * 2 + r % 2;
            float sum = 0;
            for (int k = 0; k < 16; k++) sum += a[row][k] * b[k][column];
            p->c[r] += sum;
        }
    }
}
inline void mma_m16n8k16_f16(float c[4], const uint32_t a[4], const uint32_t b[2], AT_PLACE) {
    Product post{c, a, b, place};
    sim_warp_operation(~0u, &post, multiply_16_8_16<half_to_float>, place);
}
inline void mma_m16n8k16_bf16(float c[4], const uint32_t a[4], const uint32_t b[2], AT_PLACE) {
    Product post{c, a, b, place};
    sim_warp_operation(~0u, &post, multiply_16_8_16<bf16_to_float>, place);
}

// ldmatrix: lane l gives the address of row l % 8 of matrix l / 8 (8 x 8, 16-bit); of each matrix it gets elements
// 2t and 2t + 1 of row g, or, transposed, of column g
struct MatrixRow {
    uint32_t* registers;
    const void* row;
};
template <int matrices, bool transposed>
void load_matrices(void** posts, unsigned) {
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < matrices; i++) {
            uint32_t pair = 0;
            for (int half = 0; half < 2; half++) {
                int along = 2 * (lane % 4) + half, g = lane / 4;
                int row = transposed ? along : g, column = transposed ? g : along;
                const uint16_t* numbers = (const uint16_t*)((MatrixRow*)posts[8 * i + row])->row;
                pair |= (uint32_t)numbers[column] << 16 * half;
            }
            ((MatrixRow*)posts[lane])->registers[i] = pair;
        }
}
template <int matrices, bool transposed>
void load_matrices_of(uint32_t* registers, const void* row, Place place) {
    if ((uintptr_t)row % 16) sim_stop("misaligned", "a row for ldmatrix does not begin at a multiple of 16 bytes", place);
    if (sim_lane < 8 * matrices) sim_touch(row, 16, 0);
    MatrixRow post{registers, row};
    sim_warp_operation(~0u, &post, load_matrices<matrices, transposed>, place);
}
inline void ldmatrix_x4(uint32_t r[4], const void* row, AT_PLACE) { load_matrices_of<4, false>(r, row, place); }
inline void ldmatrix_x4_trans(uint32_t r[4], const void* row, AT_PLACE) { load_matrices_of<4, true>(r, row, place); }

inline void cp_async_4(void* to, const void* from, bool valid = true) { sim_copy_async(to, from, 4, valid); }
inline void cp_async_16(void* to, const void* from, bool valid = true) { sim_copy_async(to, from, 16, valid); }
inline void cp_async_commit() { sim_copy_commit(); }
template <int groups_left>
void cp_async_wait() { sim_copy_wait(groups_left); }
