// Philox4x32-10 (kernels/reference/philox.py explains it): the same numbers as on the CPU.
//
// A thread encrypts one counter into four numbers, which lie side by side in the result:
//
//     counter 0 -> |y0 y1 y2 y3|, counter 1 -> |y4 y5 y6 y7|, ...
#include "common.cuh"

extern "C" __global__ void philox_uniform(
    float* y, Index n, unsigned k0, unsigned k1, unsigned stream, unsigned call,
    const unsigned* numbers, int changing)
{
    if (changing) {  // in a graph: arguments stay as they were captured
        k0 = numbers[0];
        k1 = numbers[1];
        call = numbers[2];
    }
    const unsigned long long counter = thread_number();
    unsigned c0 = unsigned(counter), c1 = unsigned(counter >> 32), c2 = call, c3 = stream;
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const unsigned high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        const unsigned high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    const unsigned words[4] = {c0, c1, c2, c3};
    const Index first = 4 * Index(counter);
#pragma unroll
    for (int j = 0; j < 4; ++j)
        if (first + j < n) y[first + j] = float(words[j] >> 8) * (1.f / 16777216.f);  // 24 bits
}
