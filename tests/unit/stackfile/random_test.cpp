#include "stackfile/variables/random.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::stackfile;

/// Gives the same bytes again and again.
class Bytes : public Outside {
public:
    explicit Bytes(std::string bytes)
        : bytes_(std::move(bytes)) {}

    core::Result<std::string> random(std::size_t count) override {
        std::string out;
        while (out.size() < count) out += bytes_[at_++ % bytes_.size()];
        return out;
    }

private:
    std::string bytes_;
    std::size_t at_ = 0;
};

std::string joined(std::string_view name) {
    std::string out;
    for (auto const& character : charset(name)) out += character;
    return out;
}

TEST(Charset, NamesStandForTheirCharacters) {
    EXPECT_EQ(joined("numbers"), "0123456789");
    EXPECT_EQ(joined("downcase"), "abcdefghijklmnopqrstuvwxyz");
    EXPECT_EQ(joined("upcase"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    EXPECT_EQ(joined("letters"), joined("upcase") + joined("downcase"));
    EXPECT_EQ(joined("alphanumeric"), joined("letters") + joined("numbers"));
    EXPECT_EQ(joined("hex"), "0123456789abcdef");
    EXPECT_EQ(joined("hex_upcase"), "0123456789ABCDEF");
    EXPECT_EQ(joined("base64"), joined("alphanumeric") + "+/");
    EXPECT_EQ(charset("ascii_printable").size(), 94U);
    EXPECT_EQ(charset("ascii_printable").front(), "!");
    EXPECT_EQ(charset("ascii_printable").back(), "~");
}

TEST(Charset, ARangeHasItsEndsInOneAlphabet) {
    EXPECT_EQ(joined("a-f"), "abcdef");
    EXPECT_EQ(joined("X-Z"), "XYZ");
    EXPECT_EQ(joined("3-5"), "345");
    EXPECT_EQ(joined("c-c"), "c");
    EXPECT_EQ(joined("f-a"), "f-a");
    EXPECT_EQ(joined("a-Z"), "a-Z");
}

TEST(Charset, AnythingElseIsTheCharactersThemselvesEachOnce) {
    EXPECT_EQ(joined("hello"), "helo");
    EXPECT_EQ(charset("äöä"), (std::vector<std::string>{"ä", "ö"}));
}

TEST(Dice, BytesThatWouldFavourTheFirstChoicesAreThrownAway) {
    // 256 is 25 tens and 6: the bytes from 250 on do not count.
    Bytes world(std::string("\xFA\xFF\xF9\x0B", 4));
    Dice dice(world);
    EXPECT_EQ(dice.below(10).value(), 9U);
    EXPECT_EQ(dice.below(10).value(), 1U);
}

TEST(Dice, EveryByteCountsWhenTheyDivideEvenly) {
    Bytes world("\xFF");
    Dice dice(world);
    EXPECT_EQ(dice.below(16).value(), 15U);
    EXPECT_EQ(dice.below(256).value(), 255U);
    EXPECT_EQ(dice.below(1).value(), 0U);
    EXPECT_EQ(dice.below(0).value(), ~std::uint64_t{0});
}

TEST(Dice, ASourceThatIsNotRandomIsAnErrorAndNoEndlessLoop) {
    Bytes world("\xFF");
    Dice dice(world);
    EXPECT_FALSE(dice.below(10));
    EXPECT_FALSE(dice.text(4, charset("numbers")));
    Outside nothing;
    EXPECT_FALSE(Dice(nothing).below(2));
}

TEST(Dice, NumbersReachBothEnds) {
    auto const between = [](char byte, std::int64_t min, std::int64_t max) {
        Bytes world(std::string(1, byte));
        return Dice(world).between(min, max).value();
    };
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(between('\0', -5, 10), -5);
    EXPECT_EQ(between('\xFF', -5, 10), 10);
    EXPECT_EQ(between('\0', kMin, kMax), kMin);
    EXPECT_EQ(between('\xFF', kMin, kMax), kMax);
    EXPECT_EQ(between('\xFF', 7, 7), 7);
}

TEST(Dice, TextsHaveTheirLength) {
    Bytes world(std::string("\x00\x01\x02", 3));
    Dice dice(world);
    EXPECT_EQ(dice.text(0, charset("hex")).value(), "");
    EXPECT_EQ(dice.text(7, charset("hex")).value(), "0120120");
}

TEST(Dice, AUuidSaysThatItIsRandom) {
    Bytes ones("\xFF");
    EXPECT_EQ(Dice(ones).uuid().value(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    Bytes zeros(std::string(1, '\0'));
    EXPECT_EQ(Dice(zeros).uuid().value(), "00000000-0000-4000-8000-000000000000");
}

} // namespace
