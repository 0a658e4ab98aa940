// Sums over channels in the frequency domain, with their gradient.
//
// libtorch makes the sum a product of one tiny matrix a frequency, for which it copies both
// factors frequency by frequency and the result back: half of the time of a convolution by FFT.
// Here planes stay as the transform leaves them.

#include <algorithm>
#include <cstring>
#include <exception>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {

using at::Tensor;

// Frequencies that are summed together: their sums stay in the first-level cache.
constexpr int64_t BLOCK = 512;

// Where a factor's or the result's planes are, in floats from its start.
struct Planes {
  int64_t outer, inner;
};

// sum += a · b over n complex numbers, with the signs of the imaginary parts. Compiled twice and
// chosen when the program starts; without fused multiply-add, so that the bits are the same.
#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target_clones("avx2", "default")))
#endif
void add_products(float *__restrict__ sum, const float *__restrict__ a, const float *__restrict__ b,
                  float sign_a, float sign_b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float a_re = a[2 * i], a_im = sign_a * a[2 * i + 1];
    const float b_re = b[2 * i], b_im = sign_b * b[2 * i + 1];
    sum[2 * i] += a_re * b_re - a_im * b_im;
    sum[2 * i + 1] += a_re * b_im + a_im * b_re;
  }
}

// [i, j, h, w] = Σₘ a[i, m, h, w] · b[m, j, h, w], where conjugation and the order of the first
// two dimensions of `a` and `b` are as the caller says.
struct Product {
  Tensor a, b;
  Planes at_a, at_b;  // outer: by i and j; inner: by m
  bool conjugate_a, conjugate_b;
  int64_t rows, columns, terms;

  Tensor sum() const {
    const int64_t length = a.size(2) * a.size(3);
    Tensor result = at::empty({rows, columns, a.size(2), a.size(3)}, a.options());
    const auto *from_a = static_cast<const float *>(a.const_data_ptr());
    const auto *from_b = static_cast<const float *>(b.const_data_ptr());
    auto *to = static_cast<float *>(result.mutable_data_ptr());
    const int64_t blocks = (length + BLOCK - 1) / BLOCK;
    at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t start = begin * BLOCK; start < std::min(end * BLOCK, length); start += BLOCK) {
        const int64_t n = std::min(BLOCK, length - start);
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t j = 0; j < columns; ++j) {
            float *sums = to + 2 * ((i * columns + j) * length + start);
            std::memset(sums, 0, 2 * n * sizeof(float));
            for (int64_t m = 0; m < terms; ++m)
              add_products(sums, from_a + 2 * ((i * at_a.outer + m * at_a.inner) * length + start),
                           from_b + 2 * ((j * at_b.outer + m * at_b.inner) * length + start),
                           conjugate_a ? -1 : 1, conjugate_b ? -1 : 1, n);
          }
      }
    });
    return result;
  }
};

// x [b, c, h, w] and k [o, c, h, w] → Σ꜀ x·k̄ [b, o, h, w].
struct ChannelSum : torch::autograd::Function<ChannelSum> {
  static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &x, const Tensor &k) {
    context->save_for_backward({x, k});
    const int64_t batch = x.size(0), outputs = k.size(0), inputs = x.size(1);
    return Product{x, k, {inputs, 1}, {inputs, 1}, false, true, batch, outputs, inputs}.sum();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &k = saved[1], g = gradients[0].resolve_conj().contiguous();
    const int64_t batch = x.size(0), outputs = k.size(0), inputs = x.size(1);
    Tensor by_x, by_k;
    if (context->needs_input_grad(0))  // Σₒ g·k
      by_x = Product{g, k, {outputs, 1}, {1, inputs}, false, false, batch, inputs, outputs}.sum();
    if (context->needs_input_grad(1))  // Σ_b ḡ·x
      by_k = Product{g, x, {1, outputs}, {1, inputs}, true, false, outputs, inputs, batch}.sum();
    return {by_x, by_k};
  }
};

}  // namespace

// `*error` becomes a message to be freed by the caller, and the result null, if libtorch throws.
extern "C" Tensor *whisker_channel_sum(const Tensor *x, const Tensor *k, char **error) {
  try {
    return new Tensor(ChannelSum::apply(*x, *k));
  } catch (const std::exception &thrown) {
    *error = strdup(thrown.what());
    return nullptr;
  }
}
