// The threads of a block as fibers on one thread of the CPU, the places where they meet, and the launch.
//
// Blocks run one after another. Within a block a thread runs until it waits at a barrier or a warp operation, or ends;
// then the next one runs. Which one is next is the schedule: 0 forward, 1 reverse, 2 random from a seed. A correct kernel
// gives the same numbers under each. A switch between fibers costs about 40 ns.
#include "runtime.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <random>
#include <sys/mman.h>

extern "C" {
uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;
int sim_lane;
void sim_switch(void** save, void* to);  // save the stack pointer, go on with another stack
}

// What a function must find again when it is called and returns: the callee-saved registers, pushed on its own stack.
#if defined(__APPLE__)
#define SYMBOL(name) "_" #name
#else
#define SYMBOL(name) #name
#endif

#if defined(__x86_64__)
asm(".text\n.globl " SYMBOL(sim_switch) "\n" SYMBOL(sim_switch) ":\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "mov %rsp, (%rdi)\n mov %rsi, %rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");
const int SAVED_WORDS = 6, RETURN_WORD = 6, FRAME_WORDS = 8;  // registers, return address, one word to align
#elif defined(__aarch64__)
asm(".text\n.globl " SYMBOL(sim_switch) "\n" SYMBOL(sim_switch) ":\n"
    "sub sp, sp, #160\n"
    "stp x19, x20, [sp]\n stp x21, x22, [sp, #16]\n stp x23, x24, [sp, #32]\n"
    "stp x25, x26, [sp, #48]\n stp x27, x28, [sp, #64]\n stp x29, x30, [sp, #80]\n"
    "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
    "mov x9, sp\n str x9, [x0]\n mov sp, x1\n"
    "ldp x19, x20, [sp]\n ldp x21, x22, [sp, #16]\n ldp x23, x24, [sp, #32]\n"
    "ldp x25, x26, [sp, #48]\n ldp x27, x28, [sp, #64]\n ldp x29, x30, [sp, #80]\n"
    "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
    "add sp, sp, #160\n ret\n");
const int SAVED_WORDS = 20, RETURN_WORD = 11, FRAME_WORDS = 20;
#else
#error "the simulator switches stacks on x86-64 and ARM64 alone"
#endif

namespace simulator {

std::vector<Thread> threads;
Thread* current;
bool in_simulator, checking;
unsigned block_number;

namespace {

enum Schedule { forward, backward, shuffled };

struct Shared {  // an array of shared memory; its memory stays, its numbers are lost at the end of a block
    const void* key;
    char* begin;
    size_t bytes, mapped;
};

int schedule;
unsigned seed;
void (*kernel_body)(void*);
void* kernel_arguments;
void* launcher_stack;  // where the loop over the threads goes on when a thread waits
int live, waiting;     // threads that have not ended; threads at the block's barrier
Place barrier;         // which barrier that is
bool stopped;          // by a report that the kernel cannot survive
size_t dynamic_bytes;
std::vector<Shared> shared_arrays;
char* stacks;          // one mapping for the stacks of a launch, each below a gap: a process may have 65,530 of them
size_t stacks_mapped;
int stacks_taken;      // of those, how many have been in use
std::vector<char*> free_stacks;
std::vector<void*> posts;
const size_t PAGE = 64 << 10;  // no man's land around shared arrays and below stacks; a multiple of any page size

char* map_between_gaps(size_t bytes, size_t* mapped) {
    *mapped = (bytes + PAGE - 1) / PAGE * PAGE + 2 * PAGE;
    return (char*)mmap(nullptr, *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PAGE;
}

void thread_main() {
    kernel_body(kernel_arguments);
    if (!current->open.empty() || !current->committed.empty())
        report("asynchronous", "%s ended while copies that it began are in flight (pc %lx)", who(current->id).c_str(),
               (long)(current->open.empty() ? current->committed[0] : current->open)[0].pc);
    current->state = State::ended;
    wait_for_others();
    __builtin_unreachable();
}

void give_stack(Thread& thread) {
    if (free_stacks.empty()) {
        char* gap = stacks + stacks_taken++ * (PAGE + STACK_BYTES);
        mprotect(gap, PAGE, PROT_NONE);  // too deep a stack is a fault, not a riddle
        free_stacks.push_back(gap + PAGE);
    }
    thread.stack = free_stacks.back();
    free_stacks.pop_back();
    void** frame = (void**)(thread.stack + STACK_BYTES - 64) - FRAME_WORDS;
    std::fill(frame, frame + FRAME_WORDS, nullptr);
    frame[RETURN_WORD] = (void*)thread_main;  // the first switch to this stack "returns" into thread_main
    thread.stack_pointer = frame;
}

void take_stack(Thread& thread) {
    if (thread.stack) free_stacks.push_back(thread.stack);
    thread.stack = nullptr;
}

void map_stacks(size_t count) {
    stacks_mapped = count * (PAGE + STACK_BYTES);
    const int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    stacks = (char*)mmap(nullptr, stacks_mapped, PROT_READ | PROT_WRITE, how, -1, 0);
    stacks_taken = 0;
    free_stacks.clear();
}

void run(Thread& thread) {
    if (!thread.stack) give_stack(thread);
    current = &thread;
    threadIdx = thread.index;
    sim_lane = thread.lane;
    sim_switch(&launcher_stack, thread.stack_pointer);
    current = nullptr;
}

const Thread* first_in(State state) {
    for (const Thread& thread : threads)
        if (thread.state == state) return &thread;
    return nullptr;
}

void release_block() {
    std::vector<int> together;
    for (Thread& thread : threads)
        if (thread.state == State::at_block_barrier) {
            thread.state = State::ready;
            together.push_back(thread.id);
        }
    waiting = 0;
    order(together);
}

void barrier_after_end(const Thread& ended, const Place& place) {
    report("divergent barrier", "%s has ended while other threads wait at the barrier of %s", who(ended.id).c_str(),
           text(place).c_str());
    stopped = true;
}

void end_thread(Thread& thread) {
    take_stack(thread);
    live--;
    if (waiting) barrier_after_end(thread, barrier);
}

void report_deadlock() {
    if (const Thread* thread = first_in(State::at_mbarrier))
        report("deadlock", "%s waits for the mbarrier of %s", who(thread->id).c_str(), text(thread->place).c_str());
    if (const Thread* thread = first_in(State::at_warpgroup))
        report("deadlock", "%s waits at the warpgroup operation of %s", who(thread->id).c_str(),
               text(thread->place).c_str());
    if (const Thread* thread = first_in(State::at_warp_operation))
        report("deadlock", "%s waits at the warp operation of %s for the lanes of mask %08x", who(thread->id).c_str(),
               text(thread->place).c_str(), thread->mask);
    if (const Thread* thread = first_in(State::at_block_barrier))
        report("deadlock", "%s waits at the barrier of %s", who(thread->id).c_str(), text(thread->place).c_str());
}

void begin_block() {
    for (Shared& array : shared_arrays) memset(array.begin, 0xff, array.bytes);  // as floats: NaN
    for (Thread& thread : threads) {
        thread.state = State::ready;
        thread.open.clear();
        thread.committed.clear();
    }
    live = (int)threads.size();
    waiting = 0;
    begin_block_late();
    if (checking) begin_block_check();
}

bool run_block() {
    begin_block();
    std::mt19937 random(seed + block_number * 7919);
    std::vector<int> turn(threads.size());
    for (int i = 0; i < (int)turn.size(); i++) turn[i] = schedule == backward ? (int)turn.size() - 1 - i : i;
    while (live) {
        if (schedule == shuffled) std::shuffle(turn.begin(), turn.end(), random);
        bool progress = false;
        for (int i : turn) {
            if (threads[i].state != State::ready) continue;
            progress = true;
            run(threads[i]);
            if (!stopped && threads[i].state == State::ended) end_thread(threads[i]);
            if (stopped) return false;
        }
        if (!progress && !late_work()) {
            report_deadlock();
            return false;
        }
    }
    end_block_late();
    return true;
}

std::vector<unsigned> block_order(unsigned count) {
    std::vector<unsigned> turn(count);
    for (unsigned i = 0; i < count; i++) turn[i] = schedule == backward ? count - 1 - i : i;
    if (schedule == shuffled) std::shuffle(turn.begin(), turn.end(), std::mt19937(seed));
    return turn;
}

void make_threads(const unsigned* block) {
    int count = block[0] * block[1] * block[2];
    threads.clear();
    threads.resize(count);
    posts.assign(count, nullptr);
    for (int i = 0; i < count; i++) {
        Thread& thread = threads[i];
        thread.id = i;
        thread.warp = i / 32;
        thread.lane = i % 32;
        thread.index = {i % block[0], i / block[0] % block[1], i / (block[0] * block[1])};
    }
}

void run_copies(Thread& thread, size_t groups_left) {
    while (thread.committed.size() > groups_left) {
        for (const Copy& copy : thread.committed[0]) {
            if (copy.valid) memcpy(copy.to, copy.from, copy.bytes);
            else memset(copy.to, 0, copy.bytes);
            if (!checking) continue;
            set_in_flight(copy.to, copy.bytes, false);
            touch((uintptr_t)copy.to, copy.bytes, true, false, copy.pc);
        }
        thread.committed.erase(thread.committed.begin());
    }
}

}  // namespace

std::string who(int thread) {
    char text[100];
    snprintf(text, sizeof text, "thread %d of block (%u, %u, %u)", thread, blockIdx.x, blockIdx.y, blockIdx.z);
    return text;
}

std::string text(const Place& place) {
    const char* slash = strrchr(place.file, '/');
    return std::string(slash ? slash + 1 : place.file) + ":" + std::to_string(place.line);
}

bool same(const Place& a, const Place& b) { return a.line == b.line && !strcmp(a.file, b.file); }

void stop_launch() {
    stopped = true;
    wait_for_others();
    __builtin_unreachable();
}

void wait_for_others() { sim_switch(&current->stack_pointer, launcher_stack); }

bool eager() { return schedule == backward; }

}  // namespace simulator

using namespace simulator;

extern "C" {

// Every thread of the block comes here; the last one runs `operation` for all, on what each brought.
void sim_block_operation(void* post, void (*operation)(void**, int), Place place) {
    Thread& me = *current;
    if (waiting && !same(barrier, place)) {
        report("divergent barrier", "%s is at the barrier of %s, thread %d at that of %s", who(me.id).c_str(),
               text(place).c_str(), first_in(State::at_block_barrier)->id, text(barrier).c_str());
        stop_launch();
    }
    if (live < (int)threads.size()) {
        barrier_after_end(*first_in(State::ended), place);
        stop_launch();
    }
    me.state = State::at_block_barrier;
    me.place = barrier = place;
    posts[me.id] = post;
    if (++waiting < (int)threads.size()) return wait_for_others();
    in_simulator = true;
    if (operation) operation(posts.data(), (int)threads.size());
    in_simulator = false;
    release_block();
}

// The lanes of `mask` meet; the last one runs `operation` for all: shuffles, votes, products of the tensor cores.
void sim_warp_operation(unsigned mask, void* post, void (*operation)(void**, unsigned), Place place) {
    Thread& me = *current;
    Thread* warp = &me - me.lane;
    int lanes = std::min(32, (int)threads.size() - warp->id);
    if (lanes < 32) mask &= (1u << lanes) - 1;
    if (!(mask >> me.lane & 1)) {
        report("partial mask", "%s calls the warp operation of %s with mask %08x, which lacks its own lane",
               who(me.id).c_str(), text(place).c_str(), mask);
        stop_launch();
    }
    me.state = State::at_warp_operation;
    me.place = place;
    me.operation = (const void*)operation;
    me.mask = mask;
    me.post = post;
    unsigned here = 0;
    for (int lane = 0; lane < lanes; lane++) {
        const Thread& other = warp[lane];
        if (!(mask >> lane & 1) || other.state != State::at_warp_operation) continue;
        if (other.operation != me.operation || other.mask != mask || !same(other.place, place)) {
            report("partial mask", "%s is at the warp operation of %s, mask %08x; lane %d at that of %s, mask %08x",
                   who(me.id).c_str(), text(place).c_str(), mask, lane, text(other.place).c_str(), other.mask);
            stop_launch();
        }
        here |= 1u << lane;
    }
    if (here != mask) return wait_for_others();
    std::vector<int> together;
    void* of_lane[32] = {};
    for (int lane = 0; lane < lanes; lane++) {
        if (!(mask >> lane & 1)) continue;
        of_lane[lane] = warp[lane].post;
        warp[lane].state = State::ready;
        together.push_back(warp[lane].id);
    }
    in_simulator = true;
    if (operation) operation(of_lane, mask);
    in_simulator = false;
    if (!operation) order(together);  // __syncwarp orders memory; a shuffle does not
}

void* sim_shared(const void* key, size_t bytes, int grain, const char* name) {
    for (const Shared& array : shared_arrays)
        if (array.key == key) return array.begin;
    Shared array{key, nullptr, bytes, 0};
    array.begin = map_between_gaps(bytes, &array.mapped);
    memset(array.begin, 0xff, bytes);
    shared_arrays.push_back(array);
    if (checking) add_region(array.begin, bytes, name, true, true, grain);
    return array.begin;
}

void* sim_dynamic_shared(int grain) { return sim_shared(&dynamic_bytes, dynamic_bytes, grain, "dynamic shared memory"); }

// A copy is made as late as the kernel allows, at the wait: whoever reads before it finds the old bytes.
void sim_copy_async(void* to, const void* from, int bytes, int valid) {
    if (checking) {
        if (valid) look((uintptr_t)from, bytes, false, CALLER);
        look((uintptr_t)to, bytes, true, CALLER);
        set_in_flight(to, bytes, true);
    }
    current->open.push_back({to, from, bytes, valid != 0, CALLER});
}

void sim_copy_commit() {
    current->committed.push_back(current->open);
    current->open.clear();
}

void sim_copy_wait(int groups_left) { run_copies(*current, groups_left); }

void sim_stop(const char* kind, const char* why, Place place) {
    report(kind, "%s: %s, at %s", who(current->id).c_str(), why, text(place).c_str());
    stop_launch();
}

// Where this library was loaded: addresses in reports are counted from there by the tools that know source lines.
size_t sim_base() {
    Dl_info info;
    dladdr((void*)&sim_base, &info);
    return (size_t)info.dli_fbase;
}

void sim_configure(int new_schedule, unsigned new_seed, int check) {
    schedule = new_schedule;
    seed = new_seed;
    checking = check;
}

int sim_launch(void (*kernel)(void*), void* arguments, const unsigned* grid, const unsigned* block, size_t shared_bytes) {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    kernel_body = kernel;
    kernel_arguments = arguments;
    dynamic_bytes = shared_bytes;
    stopped = false;
    make_threads(block);
    map_stacks(threads.size());
    begin_launch_count();
    if (checking) begin_launch_check();
    bool finished = true;
    for (unsigned number : block_order(grid[0] * grid[1] * grid[2])) {
        block_number = number;
        blockIdx = {number % grid[0], number / grid[0] % grid[1], number / (grid[0] * grid[1])};
        finished = run_block();
        if (checking) end_block_count();
        if (!finished) break;
    }
    munmap(stacks, stacks_mapped);
    for (const Shared& array : shared_arrays) munmap(array.begin - PAGE, array.mapped);
    shared_arrays.clear();
    if (checking) forget_regions();
    current = nullptr;
    in_simulator = false;
    return finished ? 0 : 1;
}

}  // extern "C"
