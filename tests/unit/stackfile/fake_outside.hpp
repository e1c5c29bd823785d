#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/path.hpp"

#include <map>
#include <string>

namespace kontena::test {

/// A world of files below `/stacks`, held in memory, which counts what it is asked.
class FakeOutside : public stackfile::Outside {
public:
    explicit FakeOutside(std::map<std::string, std::string> files)
        : files_(std::move(files)) {}

    core::Result<std::string>
    beside(stackfile::Document const& document, std::string const& path) override {
        return find(
            document, path, stackfile::join_path(stackfile::folder_of(document.file), path)
        );
    }

    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override {
        auto const file = stackfile::join_path(stackfile::folder_of(from.file), reference);
        KTRY(auto text, find(from, reference, file));
        auto const path = stackfile::join_path("/stacks", file);
        return stackfile::Document{
            std::move(text), file, path, std::string(stackfile::folder_of(path))
        };
    }

    std::map<std::string, int> const& asked() const { return asked_; }

private:
    core::Result<std::string>
    find(stackfile::Document const& from, std::string const& reference, std::string const& file) {
        ++asked_[from.reference + " -> " + reference];
        auto const found = files_.find(file);
        if (found == files_.end())
            return core::fail(core::Errc::not_found, file + ": no such file");
        return found->second;
    }

    std::map<std::string, std::string> files_;
    std::map<std::string, int> asked_;
};

} // namespace kontena::test
