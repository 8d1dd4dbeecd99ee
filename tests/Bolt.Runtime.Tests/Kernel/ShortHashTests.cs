using System.Security.Cryptography;
using Bolt.Kernel;
using Xunit;

namespace Bolt.Runtime.Tests.Kernel;

public sealed class ShortHashTests
{
    [Fact]
    public void It_is_sha256_at_every_length_around_the_edges_of_its_blocks()
    {
        var bytes = new byte[300];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(i * 7);
        for (var length = 0; length <= bytes.Length; length++)
            Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), ShortHash.Of(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void A_text_is_hashed_as_utf8() => Assert.Equal(SHA256.HashData("Straße"u8), ShortHash.Of("Straße"));
}
