// mma.m16n8k8 on a CPU: each lane shows its numbers to its warp, then forms its four results.
#pragma once
#include "cuda.h"

namespace sim {

struct Shown { float a[4], b[2]; };

// Tensor cores do not look at the last 13 bits.
inline float ten_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    bits &= 0xffffe000u;
    memcpy(&value, &bits, 4);
    return value;
}

inline Shown* shown_by_warp() {
    static Shown shown[32][32];
    return shown[(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) / 32];
}

}  // namespace sim

template <class Four> void mma(float (&d)[4], const Four& a, float b0, float b1) {
    const int lane = sim::lane(), g = lane / 4, c = lane % 4;
    sim::Shown* const shown = sim::shown_by_warp();
    for (int i = 0; i < 4; ++i) shown[lane].a[i] = sim::ten_bits(a.v[i]);
    shown[lane].b[0] = sim::ten_bits(b0);
    shown[lane].b[1] = sim::ten_bits(b1);
    __syncwarp();
    for (int i = 0; i < 4; ++i)
        for (int k = 0; k < 8; ++k)
            d[i] += shown[g * 4 + k % 4].a[k / 4 * 2 + i / 2] *
                    shown[(2 * c + i % 2) * 4 + k % 4].b[k / 4];
    __syncwarp();
}
