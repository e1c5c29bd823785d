#include "stackfile/library.hpp"

namespace kontena::stackfile {

using core::Result;

Result<Library::Loaded> Library::load(Document const& from, std::string const& reference) {
    Key key{from.reference, reference};
    if (auto const known = loaded_.find(key); known != loaded_.end()) return known->second;
    auto document = outside_.load(from, reference);
    auto out = document ? Result<Loaded>(std::make_shared<Document const>(std::move(*document)))
                        : Result<Loaded>(std::move(document.error()));
    return loaded_.emplace(std::move(key), std::move(out)).first->second;
}

Result<Library::Text> Library::beside(Document const& document, std::string const& path) {
    Key key{document.reference, path};
    if (auto const known = texts_.find(key); known != texts_.end()) return known->second;
    auto text = outside_.beside(document, path);
    auto out = text ? Result<Text>(std::make_shared<std::string const>(std::move(*text)))
                    : Result<Text>(std::move(text.error()));
    return texts_.emplace(std::move(key), std::move(out)).first->second;
}

std::optional<std::string> Library::env(std::string const& name) {
    auto const [known, fresh] = env_.try_emplace(name);
    if (fresh) known->second = outside_.env(name);
    return known->second;
}

} // namespace kontena::stackfile
