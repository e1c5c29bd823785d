#pragma once

#include "stackfile/library.hpp"
#include "stackfile/normalise/service.hpp"
#include "stackfile/source_file.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena::stackfile {

inline constexpr std::size_t kMaxExtendFiles = 100; ///< that one stack extends from
inline constexpr std::size_t kMaxExtendDepth = 32;  ///< from a service to its last base

/// Gives services what they extend. Files that are extended from are read once, with the
/// variables of the file that did so first; their problems stay in their own reports.
class Extender {
public:
    /// `sources` are those of the stack file, whose reference the other one is.
    Extender(Library& library, Sources const& sources, std::string reference)
        : library_(library)
        , sources_(sources)
        , reference_(std::move(reference)) {}

    using Result = std::shared_ptr<Service const>;

    /// nullptr when something that it extends is not there, which is reported.
    Result resolve(SourceFile& file, yaml::YamlEntry const& service);

    /// In the order of reading.
    std::vector<std::unique_ptr<SourceFile>> const& files() const { return files_; }

private:
    struct Step {
        SourceFile* file;
        std::string name;

        friend bool operator==(Step const&, Step const&) = default;
    };

    /// Whether a file can be extended from.
    struct Base {
        SourceFile* file = nullptr;
        bool usable = false;
    };

    struct Done {
        Result service;
        std::size_t depth = 0;  ///< how often it extends
        std::size_t weight = 0; ///< roughly the bytes of a copy
    };

    yaml::YamlEntry const* find_service(SourceFile const& file, std::string const& name);
    Done done(SourceFile& file, yaml::YamlEntry const& service);
    Done read(SourceFile& file, yaml::YamlEntry const& service);
    static Done finish(Service service, std::size_t depth);
    Done extend(SourceFile& file, yaml::YamlNode const& extends, Service own);
    Done base_of(SourceFile& file, yaml::YamlNode const& extends);
    Base open(SourceFile& from, std::string const& reference, yaml::YamlNode const& at);
    std::string circle(Step const& again) const;
    void refuse(SourceFile& file, yaml::YamlNode const& at, std::string reason);

    Library& library_;
    Sources const& sources_;
    std::string reference_;
    std::vector<std::unique_ptr<SourceFile>> files_;
    std::map<std::string, Base> by_reference_;
    std::map<std::pair<SourceFile*, std::string>, Done> done_;
    std::map<SourceFile const*, std::map<std::string_view, yaml::YamlEntry const*>> services_;
    std::vector<Step> chain_; ///< from the service that is being resolved to the base at work
};

} // namespace kontena::stackfile
