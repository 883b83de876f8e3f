/*
 * Node's functions on Windows, looked up in the program that runs.
 *
 * An import table names a file, "node.exe", and Windows searches for that file. A program that embeds Node, or a Node
 * under another name (Electron, a single-executable application, a copy called app.exe), has no file of that name, or,
 * worse, loads a second Node. So nothing is imported: each function is a jump through a pointer that DllMain fills from
 * the running executable, or from libnode.dll where Node was built as a library. Where one is missing, loading fails.
 *
 * scripts/host-names.mjs finds the names in the sources and writes host_names.h: LN_HOST_NAMES(X) with X(index, name).
 */
#define LN_LAYER LN_LAYER_OS

#if defined(_WIN32)

#include <windows.h>

#include <host_names.h>

#define LN_ONE(index, name) +1
#define LN_NAME(index, name) #name,

FARPROC ln_host_functions[0 LN_HOST_NAMES(LN_ONE)];
static const char *const names[] = {LN_HOST_NAMES(LN_NAME)};

#if defined(__x86_64__)
#define LN_JUMP(index, name) ".globl " #name "\n" #name ":\n jmpq *ln_host_functions+8*" #index "(%rip)\n"
#elif defined(__aarch64__)
#define LN_JUMP(index, name) \
  ".globl " #name "\n.p2align 2\n" #name ":\n adrp x16, ln_host_functions+8*" #index \
  "\n ldr x16, [x16, :lo12:ln_host_functions+8*" #index "]\n br x16\n"
#else
#error "no jump is written for this architecture"
#endif
__asm__(".text\n" LN_HOST_NAMES(LN_JUMP));

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)self, (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  HMODULE program = GetModuleHandleA(NULL), library = GetModuleHandleA("libnode.dll");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    FARPROC found = GetProcAddress(program, names[i]);
    if (found == NULL && library != NULL) found = GetProcAddress(library, names[i]);
    if (found == NULL) return FALSE;
    ln_host_functions[i] = found;
  }
  return TRUE;
}

#endif
