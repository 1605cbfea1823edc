/* A step in plain C, example by example, without regularization: what one writes by hand. */
#include <math.h>
#include <string.h>

#include "counter.h"

enum { LAYERS = 3, WIDEST = 20 };

typedef struct Layer {
    int n_in, n_out;
    float w[WIDEST * WIDEST], b[WIDEST], dw[WIDEST * WIDEST], db[WIDEST], a[WIDEST], dz[WIDEST];
} Layer;

static Layer layers[LAYERS];

static void forward(const float *x) {
    for (int l = 0; l < LAYERS; l++) {
        Layer *layer = &layers[l];
        for (int u = 0; u < layer->n_out; u++) {
            float z = layer->b[u];
            for (int k = 0; k < layer->n_in; k++) z += layer->w[u * layer->n_in + k] * x[k];
            layer->a[u] = l == LAYERS - 1 ? 1 / (1 + expf(-z)) : z > 0 ? z : 0;
        }
        x = layer->a;
    }
}

static void backward(const float *x, float y) {
    layers[LAYERS - 1].dz[0] = layers[LAYERS - 1].a[0] - y;
    for (int l = LAYERS - 1; l >= 0; l--) {
        Layer *layer = &layers[l];
        const float *inputs = l > 0 ? layers[l - 1].a : x;
        for (int u = 0; u < layer->n_out; u++) {
            for (int k = 0; k < layer->n_in; k++) layer->dw[u * layer->n_in + k] += layer->dz[u] * inputs[k];
            layer->db[u] += layer->dz[u];
        }
        for (int k = 0; l > 0 && k < layer->n_in; k++) {
            float da = 0;
            for (int u = 0; u < layer->n_out; u++) da += layer->w[u * layer->n_in + k] * layer->dz[u];
            layers[l - 1].dz[k] = inputs[k] > 0 ? da : 0;
        }
    }
}

static void update(float rate) {
    for (int l = 0; l < LAYERS; l++) {
        Layer *layer = &layers[l];
        for (int i = 0; i < layer->n_out * layer->n_in; i++) layer->w[i] -= rate * layer->dw[i];
        for (int u = 0; u < layer->n_out; u++) layer->b[u] -= rate * layer->db[u];
        memset(layer->dw, 0, sizeof layer->dw);
        memset(layer->db, 0, sizeof layer->db);
    }
}

int main(void) {
    static const int widths[LAYERS + 1] = {2, 20, 3, 1};
    uint32_t state = 3;
    for (int l = 0; l < LAYERS; l++) {
        layers[l].n_in = widths[l];
        layers[l].n_out = widths[l + 1];
        for (int i = 0; i < widths[l] * widths[l + 1]; i++) {
            state = state * 1664525u + 1013904223u;
            layers[l].w[i] = ((float)(state >> 8) * 0x1p-23f - 1) * sqrtf(6.0f / (float)widths[l]);
        }
    }
    make_points();
    start_counter();
    const uint32_t start = instructions();
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        for (int first = 0; first < EXAMPLES; first += BATCH) {
            for (int e = first; e < first + BATCH; e++) {
                forward(points[e]);
                backward(points[e], labels[e]);
            }
            update(0.1f / BATCH);
        }
    print_step("plain C, -O3", start);
    return 0;
}
