#include "stackfile/read.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace {

using namespace kontena;

/// Pieces of stack files, and what breaks them.
rc::Gen<std::string> piece() {
    return rc::gen::weightedOneOf<std::string>(
        {{10,
          rc::gen::element<std::string>(
              "stack: a\n",
              "services:\n",
              "  web:\n",
              "    image: b\n",
              "    image: $v\n",
              "variables:\n",
              "  v:\n",
              "    type: string\n",
              "    default: x\n",
              "    type: enum\n",
              "    options: [a, {value: b}]\n",
              "    only_if: v\n",
              "    skip_if: {w: {gt: 1}}\n",
              "    from: {variable: w}\n",
              "    from:\n      interpolate: $v$w\n",
              "    from:\n      evaluate: 2 ** $v\n",
              "    from: {condition: [{if: v, then: a}, {else: b}]}\n",
              "    to: {env: E, vault: S}\n",
              "  w: {type: array, from: [env, prompt]}\n",
              "    ports:\n",
              "      - 80:80\n",
              "    environment: {A: 1}\n",
              "    deploy: {min_health: 0.5, interval: 1d}\n",
              "    links: [web]\n",
              "    command: sh -c 'a\n",
              "volumes: {d: {external: true}}\n",
              "    volumes: [d:/x, /y]\n",
              "    affinity: [node==/x/]\n",
              "x: &x [*x]\n",
              "y: &y {a: b}\n",
              "    <<: *y\n",
              "---\n",
              "\t",
              "{{ t }}",
              "${v}",
              "$$",
              "\r\n"
          )},
         {3, rc::gen::string<std::string>()},
         {2,
          rc::gen::map(
              rc::gen::element(
                  '{', '}', '[', ']', ':', '-', '?', '&', '*', '|', '>', '\'', '"', '#'
              ),
              [](char c) { return std::string(1, c); }
          )}}
    );
}

rc::Gen<std::string> text() {
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(piece()),
        [](auto const& parts) {
            std::string out;
            for (auto const& part : parts) out += part;
            return out;
        }
    );
}

RC_GTEST_PROP(StackFileReader, NeverCrashesAndSaysStackOrErrors, ()) {
    auto const input = *text();
    auto const reading = stackfile::read({.text = input, .file = "f.yml", .grid = "g"});
    RC_ASSERT(reading.normal.has_value() == reading.errors.empty());
    RC_ASSERT(reading.stack.has_value() == (reading.errors.empty() && reading.refusals.empty()));
    for (auto const& issue : reading.errors) RC_ASSERT(!issue.reason.empty());
    (void)stackfile::is_stack_file(input);
}

RC_GTEST_PROP(StackFileReader, GivesTheSameForTheSameInput, ()) {
    auto const input = *text();
    auto const first = stackfile::read({.text = input, .file = "f.yml", .grid = "g"});
    auto const second = stackfile::read({.text = input, .file = "f.yml", .grid = "g"});
    RC_ASSERT(first.errors == second.errors);
    RC_ASSERT(first.stack == second.stack);
}

RC_GTEST_PROP(StackFileReader, EnvironmentTextsComeThroughInterpolationUnchanged, ()) {
    // Whatever a given value holds, a double-quoted reference gives exactly that value, with each
    // `$$` of it made one `$`.
    auto const value = *rc::gen::container<std::string>(rc::gen::inRange<char>(0x20, 0x7F));
    stackfile::Input input{
        .text = "stack: a\nvariables:\n  v: {type: string, required: false}\nservices:\n  web:\n"
                "    image: b\n    environment:\n      A: \"$v\"\n",
        .file = "f.yml",
        .grid = "g"
    };
    input.values["v"] = value;
    auto const reading = stackfile::read(input);
    RC_ASSERT(reading.stack.has_value());
    auto const blank = value.find_first_not_of(' ') == std::string::npos;
    static std::regex const dollars(R"(\$\$)");
    auto const wanted = blank ? "" : std::regex_replace(value, dollars, "$$");
    RC_ASSERT(reading.stack->services.at(0).spec.env.at(0) == "A=" + wanted);
}

} // namespace
