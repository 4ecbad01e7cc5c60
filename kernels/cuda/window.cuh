// ReLU + max-pool in one step, windows side by side: what a pixel's window kept of it.
#pragma once
#include "common.cuh"

#define DEAD 255  // code of a window whose maximum the ReLU cut off

// The largest of the numbers that it is shown, and which it was; the last NaN stays.
struct Best {
    Real value;
    int place;
    __device__ __forceinline__ Best() : value(-Real(INFINITY)), place(0) {}
    __device__ __forceinline__ void show(Real v, int k) {
        if (v > value || v != v) {
            value = v;
            place = k;
        }
    }
    __device__ __forceinline__ void store(Real* y, unsigned char* code) const {
        const bool dead = value <= 0;
        *y = dead ? Real(0) : value;
        *code = (unsigned char)(dead ? DEAD : place);
    }
};

// The gradient behind the pooling at pixel (h, w) of a plane: dy where its window chose it.
__device__ __forceinline__ Real unpooled(const Real* dy, const unsigned char* code, Index plane,
                                         int h, int w, int PH, int PW, int KH, int KW) {
    const int ph = h / KH, pw = w / KW;
    if (ph >= PH || pw >= PW) return 0;  // rows and columns left over
    const Index o = (plane * PH + ph) * PW + pw;
    return code[o] == h % KH * KW + w % KW ? dy[o] : Real(0);
}
