// As much of cuBLAS as the package calls: its matrix product, its checks, and capture.
//
// Column-major: element (i, j) of a matrix with leading dimension ld is at [i + j * ld].
#include <stddef.h>
#include <stdint.h>
#include <vector>

namespace {

enum { OK = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum { R_32F = 0, R_64F = 1, COMPUTE_32F = 68, COMPUTE_64F = 70, COMPUTE_32F_TF32 = 77 };

struct Handle {
    uint64_t magic = 0xC0B1A5;
    void* stream = nullptr;
    void* workspace = nullptr;
};

struct Product {
    bool ta, tb, is_double;
    int m, n, k, lda, ldb, ldc;
    const void *a, *b;
    void* c;
    double alpha, beta;
};

template <class T> void run(const Product& p) {
    const T *a = static_cast<const T*>(p.a), *b = static_cast<const T*>(p.b);
    T* const c = static_cast<T*>(p.c);
    for (int j = 0; j < p.n; ++j)
        for (int i = 0; i < p.m; ++i) {
            T sum = 0;
            for (int l = 0; l < p.k; ++l)
                sum += (p.ta ? a[l + int64_t(i) * p.lda] : a[i + int64_t(l) * p.lda]) *
                       (p.tb ? b[j + int64_t(l) * p.ldb] : b[l + int64_t(j) * p.ldb]);
            T& to = c[i + int64_t(j) * p.ldc];
            to = T(p.alpha) * sum + (p.beta ? T(p.beta) * to : T(0));
        }
}

void run(const Product& p) { p.is_double ? run<double>(p) : run<float>(p); }

std::vector<Product> noted;
void* capturing = nullptr;

Handle* known(void* handle) {
    Handle* const h = static_cast<Handle*>(handle);
    return h && h->magic == Handle().magic ? h : nullptr;
}

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
    *handle = new Handle;
    return OK;
}

int cublasSetStream_v2(void* handle, void* stream) {
    if (!known(handle)) return NOT_INITIALIZED;
    known(handle)->stream = stream;
    known(handle)->workspace = nullptr;  // cuBLAS goes back to its own
    return OK;
}

int cublasSetWorkspace_v2(void* handle, void* workspace, size_t size) {
    if (!known(handle)) return NOT_INITIALIZED;
    if (uintptr_t(workspace) % 256 || !size) return INVALID_VALUE;
    known(handle)->workspace = workspace;
    return OK;
}

int cublasGemmEx(void* handle, int ta, int tb, int m, int n, int k, const void* alpha,
                 const void* a, int atype, int lda, const void* b, int btype, int ldb,
                 const void* beta, void* c, int ctype, int ldc, int compute, int algorithm) {
    Handle* const h = known(handle);
    if (!h) return NOT_INITIALIZED;
    const bool is_double = ctype == R_64F;
    if (m < 0 || n < 0 || k < 0 || ta < 0 || ta > 1 || tb < 0 || tb > 1 || algorithm != -1 ||
        lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m || !a || !b || !c)
        return INVALID_VALUE;
    if (atype != ctype || btype != ctype || (ctype != R_32F && ctype != R_64F) ||
        (is_double ? compute != COMPUTE_64F
                   : compute != COMPUTE_32F && compute != COMPUTE_32F_TF32))
        return NOT_SUPPORTED;
    const auto value = [&](const void* p) {
        return is_double ? *static_cast<const double*>(p) : *static_cast<const float*>(p);
    };
    const Product p = {ta == 1, tb == 1, is_double, m, n, k, lda, ldb, ldc, a, b, c, value(alpha),
                       value(beta)};
    if (capturing && h->stream == capturing) {
        if (!h->workspace) return NOT_SUPPORTED;  // it would allocate one
        noted.push_back(p);
    } else {
        run(p);
    }
    return OK;
}

// For the stand-in: which stream captures, how many products were noted so far, and one again.
void sim_begin(void* stream) { capturing = stream; }
int sim_noted() { return int(noted.size()); }
void sim_again(int i) { run(noted[i]); }
}
