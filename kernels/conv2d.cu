// Convolution of images, float32, and its two gradients. With k = (i, j) in the kernel, p in the output, q in the input:
//
//     forward           y[n, o, p]  = bias[o] + sum over c, k of     w[o, c, k] x[n, c, q]
//     input gradient    gx[n, c, q] = bias[c] + sum over o, k of     w[o, c, k] gy[n, o, p]
//     weight gradient   gw[o, c, k] =           sum over n, p of     gy[n, o, p] x[n, c, q]
//     where             q = p stride + k dilation - pad, in height and in width
//
// x: N x C x H x W    w: O x C / groups x KH x KW    y: N x O x OH x OW    bias may be null.
//
//     rung             idea                                                                       share of cuDNN, fp32
//     conv2d_direct    a thread computes a number, by the formula                                 not yet run on a GPU
//     conv2d_gemm      the sums are products of matrices whose elements are looked up in          not yet run on a GPU
//                      place: tiles of w and of windows of x meet in shared memory, and im2col
//                      is never written down (implicit GEMM)
//
// Each rung has three kernels: itself, _input, _weight. The weight gradient sums over all pixels of all images and has few
// results: conv2d_gemm_weight splits the sum among blocks, sum_parts adds the parts up, always in the same order.
#include "tiles.cuh"

// Division by a number that is known when the kernel is launched: a multiplication and a shift in place of 20 instructions.
// n / d = (n + high half of n magic) >> shift for 0 <= n < 2^31.  Granlund and Montgomery, 1994.
struct Divisor {
    unsigned by, magic, shift;

    __device__ __forceinline__ int quotient(int n) const { return (__umulhi(n, magic) + n) >> shift; }
};

struct Conv {
    int N, C, H, W, O, OH, OW, groups;
    int stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
    Divisor width, height, kw, kernel, ow, output;  // W, H W, KW, KH KW, OW, OH OW

    __device__ __forceinline__ int inputs() const { return C / groups; }    // channels of a group
    __device__ __forceinline__ int outputs() const { return O / groups; }
    __device__ __forceinline__ int window() const { return inputs() * kernel.by; }
    __device__ __forceinline__ int pixels() const { return N * output.by; }
};

// The number of x that output pixel (n, oh, ow) meets with kernel element (kh, kw) in a channel.
__device__ __forceinline__ float met(const float* x, const Conv& s, int n, int channel, int oh, int ow, int kh, int kw) {
    int h = oh * s.stride_h - s.pad_h + kh * s.dilation_h, w = ow * s.stride_w - s.pad_w + kw * s.dilation_w;
    if (h < 0 || h >= s.H || w < 0 || w >= s.W) return 0.f;
    return x[((long long)(n * s.C + channel) * s.H + h) * s.W + w];
}

// The number of gy whose window has input pixel (n, h, w) at its element (kh, kw), if there is one.
__device__ __forceinline__ float met_by(const float* gy, const Conv& s, int n, int channel, int h, int w, int kh, int kw) {
    int oh = h + s.pad_h - kh * s.dilation_h, ow = w + s.pad_w - kw * s.dilation_w;
    if (oh < 0 || ow < 0 || oh % s.stride_h || ow % s.stride_w) return 0.f;
    oh /= s.stride_h;
    ow /= s.stride_w;
    if (oh >= s.OH || ow >= s.OW) return 0.f;
    return gy[((long long)(n * s.O + channel) * s.OH + oh) * s.OW + ow];
}

// ---------------------------------------------------------------- direct

extern "C" __global__ void conv2d_direct(const float* x, const float* w, const float* bias, float* y, Conv s) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, o = blockIdx.y;
    if (i >= s.pixels()) return;
    int n = s.output.quotient(i), p = i - n * s.output.by, oh = s.ow.quotient(p), ow = p - oh * s.ow.by;
    int KH = s.kernel.by / s.kw.by, first = o / s.outputs() * s.inputs();
    w += (long long)o * s.window();
    float sum = bias ? bias[o] : 0.f;
    for (int c = 0; c < s.inputs(); c++)
        for (int kh = 0; kh < KH; kh++)
            for (int kw = 0; kw < s.kw.by; kw++) sum += *w++ * met(x, s, n, first + c, oh, ow, kh, kw);
    y[(long long)(n * s.O + o) * s.output.by + p] = sum;
}

extern "C" __global__ void conv2d_direct_input(const float* gy, const float* w, const float* bias, float* gx, Conv s) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, c = blockIdx.y, image = s.height.by;
    if (i >= s.N * image) return;
    int n = s.height.quotient(i), q = i - n * image, ih = s.width.quotient(q), iw = q - ih * s.width.by;
    int KH = s.kernel.by / s.kw.by, group = c / s.inputs(), of_group = c - group * s.inputs();
    float sum = bias ? bias[c] : 0.f;
    for (int o = group * s.outputs(); o < (group + 1) * s.outputs(); o++) {
        const float* element = w + ((long long)o * s.inputs() + of_group) * s.kernel.by;
        for (int kh = 0; kh < KH; kh++)
            for (int kw = 0; kw < s.kw.by; kw++) sum += *element++ * met_by(gy, s, n, o, ih, iw, kh, kw);
    }
    gx[(long long)(n * s.C + c) * image + q] = sum;
}

extern "C" __global__ void conv2d_direct_weight(const float* gy, const float* x, float* gw, Conv s) {
    int k = blockIdx.x * blockDim.x + threadIdx.x, o = blockIdx.y;
    if (k >= s.window()) return;
    int c = s.kernel.quotient(k), at = k - c * s.kernel.by, kh = s.kw.quotient(at), kw = at - kh * s.kw.by;
    int channel = o / s.outputs() * s.inputs() + c;
    float sum = 0.f;
    for (int n = 0; n < s.N; n++) {
        const float* g = gy + (long long)(n * s.O + o) * s.output.by;
        for (int oh = 0; oh < s.OH; oh++)
            for (int ow = 0; ow < s.OW; ow++) sum += *g++ * met(x, s, n, channel, oh, ow, kh, kw);
    }
    gw[(long long)o * s.window() + k] = sum;
}

// ---------------------------------------------------------------- implicit GEMM

const int BM = 64, BN = 64, BK = 16, TM = 4, TN = 4, THREADS = 256;

// An operand is a function of (its row or column i, the index k of the sum); along_k: neighbours in k lie side by side in
// memory, and so neighbouring threads are to read them.

struct Weights {  // i: output of the group, k: (c, kh, kw)
    static const bool along_k = true;
    const float* w;
    const Conv& s;
    int group;

    __device__ __forceinline__ float operator()(int i, int k) const {
        if (i >= s.outputs() || k >= s.window()) return 0.f;
        return w[(long long)(group * s.outputs() + i) * s.window() + k];
    }
};

struct WeightsOfInputs {  // i: input of the group, k: (o, kh, kw)
    static const bool along_k = true;
    const float* w;
    const Conv& s;
    int group;

    __device__ __forceinline__ float operator()(int i, int k) const {
        int o = s.kernel.quotient(k), at = k - o * s.kernel.by;
        if (i >= s.inputs() || o >= s.outputs()) return 0.f;
        return w[((long long)(group * s.outputs() + o) * s.inputs() + i) * s.kernel.by + at];
    }
};

struct Windows {  // i: output pixel (n, oh, ow), k: (c, kh, kw)
    static const bool along_k = false;
    const float* x;
    const Conv& s;
    int group;

    __device__ __forceinline__ float operator()(int i, int k) const {
        if (i >= s.pixels() || k >= s.window()) return 0.f;
        int n = s.output.quotient(i), p = i - n * s.output.by, oh = s.ow.quotient(p);
        int c = s.kernel.quotient(k), at = k - c * s.kernel.by, kh = s.kw.quotient(at);
        return met(x, s, n, group * s.inputs() + c, oh, p - oh * s.ow.by, kh, at - kh * s.kw.by);
    }
};

struct Gradients {  // i: input pixel (n, h, w), k: (o, kh, kw)
    static const bool along_k = false;
    const float* gy;
    const Conv& s;
    int group;

    __device__ __forceinline__ float operator()(int i, int k) const {
        int n = s.height.quotient(i), q = i - n * s.height.by, h = s.width.quotient(q);
        int o = s.kernel.quotient(k), at = k - o * s.kernel.by, kh = s.kw.quotient(at);
        if (n >= s.N || o >= s.outputs()) return 0.f;
        return met_by(gy, s, n, group * s.outputs() + o, h, q - h * s.width.by, kh, at - kh * s.kw.by);
    }
};

struct GradientsByPixel {  // i: output of the group, k: output pixel, before `end`
    static const bool along_k = true;
    const float* gy;
    const Conv& s;
    int group, end;

    __device__ __forceinline__ float operator()(int i, int k) const {
        if (i >= s.outputs() || k >= end) return 0.f;
        int n = s.output.quotient(k), p = k - n * s.output.by;
        return gy[(long long)(n * s.O + group * s.outputs() + i) * s.output.by + p];
    }
};

struct WindowsByPixel {  // i: (c, kh, kw), k: output pixel; what lies behind `end` meets a zero of the other operand
    static const bool along_k = true;
    Windows windows;

    __device__ __forceinline__ float operator()(int i, int k) const { return windows(k, i); }
};

template <int SIZE, class Operand>
__device__ __forceinline__ void load(float (*tile)[SIZE + 4], const Operand& operand, int i0, int k0) {
    for (int q = threadIdx.x; q < BK * SIZE; q += THREADS) {
        int k = Operand::along_k ? q % BK : q / SIZE, i = Operand::along_k ? q / BK : q % SIZE;
        tile[k][i] = operand(i0 + i, k0 + k);
    }
}

// sum[r][c] = over k from `begin` to `end` of a(row, k) b(column, k), for the thread's numbers of the block's BM x BN.
template <class A, class B>
__device__ __forceinline__ void multiply(float (&sum)[TM][TN], const A& a, const B& b, int row0, int column0, int begin,
                                         int end) {
    __shared__ __align__(16) float a_tile[BK][BM + 4];
    __shared__ __align__(16) float b_tile[BK][BN + 4];
    int x = threadIdx.x % (BN / TN) * 4, y = threadIdx.x / (BN / TN) * 4;
    for (int k0 = begin; k0 < end; k0 += BK) {
        load<BM>(a_tile, a, row0, k0);
        load<BN>(b_tile, b, column0, k0);
        __syncthreads();  // the tiles are whole
        multiply_tiles<BM, BN, BK, TM, TN>(sum, a_tile, b_tile, y, x);
        __syncthreads();  // and have been read
    }
}

__device__ __forceinline__ int row_of(int r) { return place<BM, TM>(r, threadIdx.x / (BN / TN) * 4); }
__device__ __forceinline__ int column_of(int c) { return place<BN, TN>(c, threadIdx.x % (BN / TN) * 4); }

// to[n, channel, place in the image] for rows of channels (of a group, from `first` on) and columns of pixels.
__device__ __forceinline__ void store(float* to, const float (&sum)[TM][TN], const float* bias, Divisor image, int N,
                                      int channels, int first, int of_group, int row0, int column0) {
    for (int c = 0; c < TN; c++) {
        int pixel = column0 + column_of(c), n = image.quotient(pixel);
        for (int r = 0; r < TM; r++) {
            int row = row0 + row_of(r);
            if (row >= of_group || n >= N) continue;
            to[(long long)(n * channels + first + row) * image.by + pixel - n * image.by] =
                sum[r][c] + (bias ? bias[first + row] : 0.f);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256)
    conv2d_gemm(const float* x, const float* w, const float* bias, float* y, Conv s) {
    int group = blockIdx.z, row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
    float sum[TM][TN] = {};
    multiply(sum, Weights{w, s, group}, Windows{x, s, group}, row0, column0, 0, s.window());
    store(y, sum, bias, s.output, s.N, s.O, group * s.outputs(), s.outputs(), row0, column0);
}

extern "C" __global__ void __launch_bounds__(256)
    conv2d_gemm_input(const float* gy, const float* w, const float* bias, float* gx, Conv s) {
    int group = blockIdx.z, row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
    float sum[TM][TN] = {};
    multiply(sum, WeightsOfInputs{w, s, group}, Gradients{gy, s, group}, row0, column0, 0,
             s.outputs() * (int)s.kernel.by);
    store(gx, sum, bias, s.height, s.N, s.C, group * s.inputs(), s.inputs(), row0, column0);
}

// Block z is part z / groups of the sum over pixels; parts: splits x O x window
extern "C" __global__ void __launch_bounds__(256)
    conv2d_gemm_weight(const float* gy, const float* x, float* parts, int splits, Conv s) {
    int group = blockIdx.z % s.groups, part = blockIdx.z / s.groups, row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
    int each = (s.pixels() + splits - 1) / splits, begin = part * each, end = min(begin + each, s.pixels());
    float sum[TM][TN] = {};
    multiply(sum, GradientsByPixel{gy, s, group, end}, WindowsByPixel{{x, s, group}}, row0, column0, begin, end);
    for (int r = 0; r < TM; r++)
        for (int c = 0; c < TN; c++) {
            int row = row0 + row_of(r), column = column0 + column_of(c);
            if (row >= s.outputs() || column >= s.window()) continue;
            parts[((long long)part * s.O + group * s.outputs() + row) * s.window() + column] = sum[r][c];
        }
}

extern "C" __global__ void sum_parts(const float* parts, float* gw, int splits, int size) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    float sum = 0.f;
    for (int part = 0; part < splits; part++) sum += parts[(long long)part * size + i];
    gw[i] = sum;
}
