// A convolution whose result is clamped while it is still in the processor's cache. Libtorch has
// it for its compiler only (oneDNN's post-operation); a clamp of its own reads and writes all of
// the result once more.

#include <cstring>
#include <exception>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace {

using at::Tensor;

c10::OperatorHandle *pointwise() {
  static auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""});
  return found ? &*found : nullptr;
}

Tensor clamped(c10::OperatorHandle &operation, const Tensor &x, const Tensor &weight, const Tensor &bias,
               at::IntArrayRef padding, int64_t stride, int64_t groups, double low, double high) {
  c10::List<std::optional<at::Scalar>> limits;
  limits.push_back(at::Scalar(low));
  limits.push_back(at::Scalar(high));
  torch::jit::Stack stack;
  torch::jit::push(stack, x, weight, std::optional<Tensor>(bias), padding.vec(), std::vector<int64_t>{stride, stride},
                   std::vector<int64_t>{1, 1}, groups, std::string("hardtanh"), limits,
                   std::optional<std::string>(std::string("")));
  operation.callBoxed(stack);
  return stack.back().toTensor();
}

}  // namespace

// Null without a message: this libtorch does not have the operation. `*error` becomes a message to
// be freed by the caller if libtorch throws.
extern "C" Tensor *whisker_clamped_conv(const Tensor *x, const Tensor *weight, const Tensor *bias,
                                        const int64_t padding[2], int64_t stride, int64_t groups, double low,
                                        double high, char **error) {
  try {
    auto *operation = pointwise();
    if (!operation) return nullptr;
    return new Tensor(clamped(*operation, *x, *weight, *bias, {padding, 2}, stride, groups, low, high));
  } catch (const std::exception &thrown) {
    *error = strdup(thrown.what());
    return nullptr;
  }
}
