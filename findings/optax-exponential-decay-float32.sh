#!/bin/sh
# Optax 0.2.8 on JAX with jax_enable_x64: exponential_decay gives float32 rates.
#
# Expected: with x64 enabled, schedules compute in float64; their sibling cosine_decay_schedule does.
# Seen: exponential_decay(0.02, 40, 0.4, staircase=True) gives 0.4 * 0.02 = 0.008 as a float32, off by 4e-10, so
# that a training in float64 agrees with another library's only to 1e-8.
#
#     exponential_decay: float32 0.00800000037997961
#     cosine_decay_schedule: float64
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" optax==0.2.8 jax==0.10.2 <<'END'
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import optax

count = jnp.asarray(45, jnp.int32)  # as scale_by_schedule counts
exponential = optax.exponential_decay(0.02, 40, 0.4, staircase=True)(count)
cosine = optax.cosine_decay_schedule(0.02, 60, 0.2)(count)
print("exponential_decay:", exponential.dtype, float(exponential))
print("cosine_decay_schedule:", cosine.dtype)
assert exponential.dtype == jnp.float32 and abs(float(exponential) - 0.008) > 1e-10
assert cosine.dtype == jnp.float64
END
