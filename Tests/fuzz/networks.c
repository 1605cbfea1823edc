/* Networks of any options, and any calls with them. Compiled twice, as typed.h. */
#include "networks.h"

#if TEST_F64
void fuzz_networks_f64(void);
void fuzz_networks_f64(void) {
#else
const char fuzzer_name[] = "networks";
void fuzz_networks_f64(void);
static void fuzz_networks_f32(void);

void fuzz_case(const uint8_t *bytes, size_t size) {
    (void)bytes;
    (void)size;
    if (choose(2) == 0) fuzz_networks_f32();
    else fuzz_networks_f64();
}

static void fuzz_networks_f32(void) {
#endif
    Network *network = choose_network();
    if (network == NULL) return;
    for (int i = 0; i < 12 && has_choices(); i++) {
        release_buffers();
        use_network(network);
    }
    REG(network_destroy)(network);
}
