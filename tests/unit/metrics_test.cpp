#include "relay/metrics.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

TEST(Metrics, AHistogramCountsUpToEachBound) {
    Histogram histogram({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    for (const double value : {0.5, 1.0, 1.5, 99.0}) histogram.observe(value);
    const std::string text = histogram.text("x_ms", "X.");
    EXPECT_NE(text.find("x_ms_bucket{le=\"1\"} 2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("x_ms_bucket{le=\"2\"} 3\n"), std::string::npos) << text;
    EXPECT_NE(text.find("x_ms_bucket{le=\"10\"} 3\n"), std::string::npos) << text;
    EXPECT_NE(text.find("x_ms_bucket{le=\"+Inf\"} 4\nx_ms_sum 102\nx_ms_count 4\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace musicspace::relay
