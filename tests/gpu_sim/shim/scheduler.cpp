// Runs the blocks of a launch one after another, and the threads of a block one after another,
// each until it ends or meets a barrier. Only then does it need a stack (a fiber) of its own.
//
//     ready -> running -> done
//                |  ^
//                v  | all that it waits for have come
//              waiting at a barrier of the block or of its warp
//
// Memory that a thread may not touch ends the launch with a message, not the process. Built with
// -DSIM_TSAN it tells the thread sanitizer that every CUDA thread is a thread of its own which only
// barriers order.
#include "cuda.h"

#include <algorithm>
#include <dlfcn.h>
#include <memory>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

#ifdef SIM_TSAN
extern "C" {
void* __tsan_create_fiber(unsigned);
void __tsan_destroy_fiber(void*);
void* __tsan_get_current_fiber();
void __tsan_switch_to_fiber(void*, unsigned);
void __tsan_acquire(void*);
void __tsan_release(void*);
}
#define TSAN(...) __VA_ARGS__
#else
#define TSAN(...)
#endif

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

// A change of stacks. ucontext's asks the operating system each time; on x86-64 ten instructions
// do.
#if defined(__x86_64__) && !defined(SIM_PORTABLE)
struct Context { void* stack; };
extern "C" void sim_switch(Context* from, Context* to);
asm(R"(
.text
.globl sim_switch
.type sim_switch, @function
sim_switch:
    push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
    mov %rsp, (%rdi)
    mov (%rsi), %rsp
    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
    ret
)");
static void prepare(Context& c, char* stack, size_t size, void (*entry)()) {
    void** top = reinterpret_cast<void**>((uintptr_t(stack) + size) & ~uintptr_t(15)) - 1;
    *top = nullptr;                             // nobody returns to here; aligns the entry's stack
    *--top = reinterpret_cast<void*>(entry);    // where sim_switch returns to
    c.stack = top - 6;                          // six registers, whatever they hold
}
#else
struct Context { ucontext_t u; };
static void sim_switch(Context* from, Context* to) { swapcontext(&from->u, &to->u); }
static void prepare(Context& c, char* stack, size_t size, void (*entry)()) {
    getcontext(&c.u);
    c.u.uc_stack.ss_sp = stack;
    c.u.uc_stack.ss_size = size;
    c.u.uc_link = nullptr;
    makecontext(&c.u, entry, 0);
}
#endif

namespace sim {
namespace {

constexpr size_t STACK = 256 << 10;
constexpr unsigned MOST_THREADS = 1024, MOST_Z = 64, MOST_BLOCKS_YZ = 65535;
constexpr unsigned MOST_SHARED = 48 << 10;

enum State { READY, RUNNING, AT_BLOCK_BARRIER, AT_WARP_BARRIER, DONE };

struct Fiber {
    Context context;
    std::unique_ptr<char[]> stack{new char[STACK]};
};

struct Thread {
    uint3 index;
    State state = READY;
    int line = 0;           // of the barrier it waits at
    unsigned mask = 0;      // whom it waits for in its warp
    uint64_t slot = 0;      // what it shows to its warp
    Fiber* fiber = nullptr;
    void* tsan = nullptr;
    int met[2] = {0, 0};    // barriers so far: of the block, of the warp
};

const Launch* launch_;
std::vector<Thread> threads;
std::vector<int> order;         // in which the threads of a block take turns
size_t next_;                   // the first in `order` that has not begun
int current;
std::vector<std::unique_ptr<Fiber>> fibers;
std::vector<Fiber*> idle;
Context scheduler;
char message[512];
char* dynamic_;                 // shared memory whose size the launch says
sigjmp_buf after_fault;

// Happens-before for the thread sanitizer. Two of each barrier in turn: a fast thread may be at the
// next one already.
TSAN(void* scheduler_tsan; std::vector<Fiber*> spent;
     char started, finished, at_block[2], at_warp[32][2];)

void fail(const char* format, ...) {
    int n = snprintf(message, sizeof message, "block (%u, %u, %u): ", blockIdx.x, blockIdx.y,
                     blockIdx.z);
    va_list values;
    va_start(values, format);
    vsnprintf(message + n, sizeof message - n, format, values);
    va_end(values);
}

void become(int thread) {
    current = thread;
    threadIdx = threads[thread].index;
}

// What a fiber does: one thread after another, until one has to wait on it.
void work() {
    Fiber* const me = threads[current].fiber;
    for (;;) {
        TSAN(__tsan_switch_to_fiber(threads[current].tsan, 1); __tsan_acquire(&started);)
        launch_->body(launch_->kernel, launch_->arguments);
        TSAN(__tsan_release(&finished); __tsan_switch_to_fiber(scheduler_tsan, 1);)
        threads[current].state = DONE;
        bool go_on = next_ < order.size();
        TSAN(go_on = false; spent.push_back(me);)  // a stack per thread: reuse looks like a race
        if (go_on) {
            become(order[next_++]);
            threads[current].state = RUNNING;
            threads[current].fiber = me;
            continue;
        }
        TSAN(if (false)) idle.push_back(me);
        sim_switch(&me->context, &scheduler);  // comes back for another thread
    }
}

void wait(State state, unsigned mask, int line) {
    const int me = current;
    Thread& thread = threads[me];
    thread.state = state;
    thread.mask = mask;
    thread.line = line;
    TSAN(void* barrier = state == AT_BLOCK_BARRIER ? &at_block[thread.met[0]++ & 1]
                                                   : &at_warp[me / 32][thread.met[1]++ & 1];
         __tsan_release(barrier); __tsan_switch_to_fiber(scheduler_tsan, 1);)
    sim_switch(&thread.fiber->context, &scheduler);
    become(me);
    TSAN(__tsan_switch_to_fiber(threads[me].tsan, 1); __tsan_acquire(barrier);)
}

void resume(int thread, Fiber* fiber) {
    threads[thread].state = RUNNING;
    threads[thread].fiber = fiber;
    become(thread);
    sim_switch(&scheduler, &fiber->context);
}

Fiber* take_fiber() {
    if (idle.empty()) {
        fibers.emplace_back(new Fiber);
        idle.push_back(fibers.back().get());
        prepare(idle.back()->context, idle.back()->stack.get(), STACK, work);
    }
    Fiber* fiber = idle.back();
    idle.pop_back();
    return fiber;
}

// After a failure fibers are in the middle of something: all start anew.
void clean_up() {
    idle.clear();
    for (auto& fiber : fibers) {
        prepare(fiber->context, fiber->stack.get(), STACK, work);
        idle.push_back(fiber.get());
    }
}

bool in_mask(int warp, int lane, unsigned mask) {
    return (mask >> lane & 1) && warp + lane < int(threads.size());
}

// All that the mask of `first`, a waiting thread, names wait at the same barrier.
bool warp_is_complete(int warp, const Thread& first) {
    for (int lane = 0; lane < 32; ++lane)
        if (in_mask(warp, lane, first.mask)) {
            const Thread& other = threads[warp + lane];
            if (other.state != AT_WARP_BARRIER || other.mask != first.mask ||
                other.line != first.line)
                return false;
        }
    return true;
}

std::vector<int> released_warps() {
    std::vector<int> go;
    for (int warp = 0; warp < int(threads.size()); warp += 32) {
        unsigned seen = 0;
        for (int lane = 0; lane < 32 && warp + lane < int(threads.size()); ++lane) {
            const Thread& thread = threads[warp + lane];
            if (thread.state != AT_WARP_BARRIER || (seen >> lane & 1) ||
                !warp_is_complete(warp, thread))
                continue;
            seen |= thread.mask;
            for (int k = 0; k < 32; ++k)
                if (in_mask(warp, k, thread.mask)) go.push_back(warp + k);
        }
    }
    return go;
}

// Go on with what only waits for its own warp. Backwards, a warp is run as far as it gets before
// the next one begins: a barrier of the warp where the block needs one then shows.
void run_warps() {
    for (auto go = released_warps(); !go.empty(); go = released_warps())
        for (int thread : go) resume(thread, threads[thread].fiber);
}

// The waiting threads that may go on; none if all are done, or if something is wrong.
std::vector<int> released() {
    int alive = 0, at_barrier = 0, line = 0;
    bool mixed = false;
    for (const Thread& thread : threads) {
        alive += thread.state != DONE;
        if (thread.state == AT_BLOCK_BARRIER) {
            mixed |= at_barrier++ && line != thread.line;
            line = thread.line;
        }
    }
    if (alive && at_barrier == alive) {
        std::vector<int> go;
        if (mixed)
            fail("its threads meet at different __syncthreads(), one of them in line %d", line);
        else if (alive < int(threads.size()))
            fail("some threads ended and never reach __syncthreads() in line %d", line);
        else
            go = order;
        return go;
    }
    std::vector<int> go = released_warps();
    if (alive && go.empty()) fail("deadlock: some threads never reach the barrier of the others");
    return go;
}

void arrange(std::vector<int>& list, int how) {
    for (size_t i = 0; i < list.size(); ++i) list[i] = int(i);
    if (how == 1) std::reverse(list.begin(), list.end());
    if (how < 2) return;
    unsigned random = how * 2654435761u;
    for (size_t i = list.size(); i > 1; --i) {
        random = random * 1664525u + 1013904223u;
        std::swap(list[i - 1], list[(random >> 8) % i]);
    }
}

void run_block() {
    const unsigned w = blockDim.x, h = blockDim.y;
    threads.assign(size_t(w) * h * blockDim.z, Thread{});
    for (unsigned i = 0; i < threads.size(); ++i)
        threads[i].index = {i % w, i / w % h, i / (w * h)};
    next_ = 0;
    // shared memory starts with anything: here with NaN
    if (launch_->shared_begin) std::fill(launch_->shared_begin, launch_->shared_end, char(0xFF));
    std::fill(dynamic_, dynamic_ + launch_->dynamic, char(0xFF));
    TSAN(for (Thread& t : threads) t.tsan = __tsan_create_fiber(0); __tsan_release(&started);)
    while (next_ < order.size()) {
        const int thread = order[next_++];
        resume(thread, take_fiber());
        if (launch_->order == 1 && thread % 32 == 0) run_warps();
    }
    for (auto go = released(); !go.empty(); go = released()) {
        const bool warp_by_warp =
            launch_->order == 1 && threads[go[0]].state == AT_BLOCK_BARRIER;
        for (int thread : go) {
            resume(thread, threads[thread].fiber);
            if (warp_by_warp && thread % 32 == 0) run_warps();
        }
    }
    TSAN(__tsan_acquire(&finished); for (Thread& t : threads) __tsan_destroy_fiber(t.tsan);
         idle.insert(idle.end(), spent.begin(), spent.end()); spent.clear();)
}

bool within_limits(const unsigned* g, const unsigned* b) {
    const char* what = nullptr;
    if (!g[0] || !g[1] || !g[2] || !b[0] || !b[1] || !b[2]) what = "a size of zero";
    else if (g[0] > 0x7fffffffu) what = "more than 2**31 - 1 blocks in x";
    else if (g[1] > MOST_BLOCKS_YZ || g[2] > MOST_BLOCKS_YZ)
        what = "more than 65,535 blocks in y or z";
    else if (uint64_t(b[0]) * b[1] * b[2] > MOST_THREADS || b[2] > MOST_Z)
        what = "more than 1,024 threads in a block";
    else if (launch_->dynamic > MOST_SHARED) what = "more than 48 KiB of shared memory";
    if (what) snprintf(message, sizeof message, "the launch asks for %s", what);
    return !what;
}

// Dynamic shared memory ends where pages begin that nobody may touch; a sanitizer has red zones.
struct Dynamic {
    const size_t page = sysconf(_SC_PAGESIZE), room = (MOST_SHARED + page - 1) / page * page;
    char* base;

    explicit Dynamic(unsigned size) {
#ifdef SIM_SANITIZED
        base = dynamic_ = new char[size];
#else
        base = static_cast<char*>(mmap(nullptr, room + page, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(base + room, page, PROT_NONE);
        dynamic_ = base + room - (size + 15) / 16 * 16;
#endif
    }

    ~Dynamic() {
#ifdef SIM_SANITIZED
        delete[] base;
#else
        munmap(base, room + page);
#endif
    }
};

void run_grid() {
    std::vector<int> blocks(size_t(gridDim.x) * gridDim.y * gridDim.z);
    arrange(blocks, launch_->order);
    for (int block : blocks) {
        blockIdx = {block % gridDim.x, block / gridDim.x % gridDim.y,
                    block / (gridDim.x * gridDim.y)};
        run_block();
        if (message[0]) return;
    }
}

#ifndef SIM_SANITIZED
// A fault in a kernel: note where, and give the launch up. The address in the module is turned into
// a line by whoever has the debug information.
void on_fault(int signal, siginfo_t* info, void* context) {
    void* pc = nullptr;
#if defined(__x86_64__)
    pc = reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    pc = reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#endif
    Dl_info module{};
    dladdr(pc, &module);
    const bool memory = signal == SIGSEGV || signal == SIGBUS;
    fail("thread (%u, %u, %u) %s [pc %#zx]", threadIdx.x, threadIdx.y, threadIdx.z,
         memory ? "touches memory beyond its arrays" : "goes wrong: index of a fixed array, shift, "
                  "integer overflow, alignment or division by zero",
         size_t(pc) - size_t(module.dli_fbase));
    siglongjmp(after_fault, 1);
}

constexpr int SIGNALS[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};

struct Guard {  // while it lives, faults end the launch
    struct sigaction before[5];
    stack_t stack_before;
    static inline char stack[64 << 10];

    Guard() {
        stack_t mine{};
        mine.ss_sp = stack;
        mine.ss_size = sizeof stack;
        sigaltstack(&mine, &stack_before);
        struct sigaction action{};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        for (int i = 0; i < 5; ++i) sigaction(SIGNALS[i], &action, &before[i]);
    }

    ~Guard() {
        for (int i = 0; i < 5; ++i) sigaction(SIGNALS[i], &before[i], nullptr);
        sigaltstack(&stack_before, nullptr);
    }
};
#endif

}  // namespace

int lane() { return current & 31; }

char* dynamic_shared() { return dynamic_; }

void block_barrier(int line) { wait(AT_BLOCK_BARRIER, 0, line); }

// Each thread shows a value and, when all have come, reads another's; nobody shows the next one
// before all have read.
uint64_t exchange(unsigned mask, uint64_t value, int source, int line) {
    const int warp = current & ~31;
    threads[current].slot = value;
    wait(AT_WARP_BARRIER, mask, line);
    if (source >= 0 && in_mask(warp, source, mask)) value = threads[warp + source].slot;
    wait(AT_WARP_BARRIER, mask, -line);
    return value;
}

unsigned ballot(unsigned mask, bool vote, int line) {
    const int warp = current & ~31;
    unsigned votes = 0;
    threads[current].slot = vote;
    wait(AT_WARP_BARRIER, mask, line);
    for (int k = 0; k < 32; ++k)
        if (in_mask(warp, k, mask) && threads[warp + k].slot) votes |= 1u << k;
    wait(AT_WARP_BARRIER, mask, -line);
    return votes;
}

const char* run(const Launch& launch) {
    message[0] = 0;
    launch_ = &launch;
    if (!within_limits(launch.grid, launch.block)) return message;
    gridDim = {launch.grid[0], launch.grid[1], launch.grid[2]};
    blockDim = {launch.block[0], launch.block[1], launch.block[2]};
    order.resize(size_t(blockDim.x) * blockDim.y * blockDim.z);
    arrange(order, launch.order);
    Dynamic dynamic(launch.dynamic);
    TSAN(scheduler_tsan = __tsan_get_current_fiber();)
#ifdef SIM_SANITIZED
    run_grid();
#else
    Guard guard;
    if (sigsetjmp(after_fault, 1) == 0) run_grid();
#endif
    if (message[0]) clean_up();
    return message[0] ? message : nullptr;
}

}  // namespace sim
