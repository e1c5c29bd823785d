#include "stackfile/payload.hpp"
#include "stackfile/read.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace kontena;

/// A world in which every file is the input itself, and every question has an answer.
class Mirror : public stackfile::Outside {
public:
    explicit Mirror(std::string const& text)
        : text_(text) {}

    std::optional<std::string> env(std::string_view name) override { return std::string(name); }

    core::Result<std::string> file(std::string const&) override { return text_; }

    core::Result<std::string> beside(stackfile::Document const&, std::string const&) override {
        return text_;
    }

    core::Result<stackfile::Document>
    load(stackfile::Document const&, std::string const& reference) override {
        return stackfile::Document{text_, reference, "/fuzz/" + reference, "/fuzz"};
    }

    core::Result<stackfile::Value> ask(stackfile::Question const& question) override {
        return stackfile::Value(question.text);
    }

    core::Result<std::string> random(std::size_t bytes) override {
        return std::string(bytes, '\x5A');
    }

    core::Result<stackfile::Value> secret(std::string const& name) override {
        return stackfile::Value("secret " + name);
    }

private:
    std::string const& text_;
};

void expect(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(reinterpret_cast<char const*>(data), size);
    Mirror outside(text);
    stackfile::Input const input{
        .text = text,
        .file = "fuzz.yml",
        .reference = "/fuzz/fuzz.yml",
        .directory = "/fuzz",
        .grid = "fuzz",
        .outside = &outside
    };
    auto const reading = stackfile::read(input);
    expect(reading.normal.has_value() == reading.errors.empty());
    expect(reading.stack.has_value() == (reading.errors.empty() && reading.refusals.empty()));
    if (reading.normal) (void)stackfile::payload(*reading.normal);
    (void)stackfile::dependency_tree(input);
    (void)stackfile::is_stack_file(text);
    return 0;
}
