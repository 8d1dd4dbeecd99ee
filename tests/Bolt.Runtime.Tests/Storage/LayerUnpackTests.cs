using System.Formats.Tar;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Storage;

public sealed class LayerUnpackTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();
    private readonly string outside;
    private readonly string root;

    public LayerUnpackTests()
    {
        outside = temporary.At("outside");
        root = temporary.At("root");
        File.WriteAllText(outside, "untouched");
        Directory.CreateDirectory(root);
    }

    public void Dispose()
    {
        Assert.Equal("untouched", File.ReadAllText(outside));
        temporary.Dispose();
    }

    [Fact]
    public void A_layer_becomes_its_tree()
    {
        Unpack(
            Tar.Folder("etc/", 0x1c0),
            Tar.File("etc/passwd", "root:x:0:0", 0x124),
            Tar.File("./usr/bin/su", "su", 0x9ed),
            Tar.Link("bin", "usr/bin"),
            Tar.File("bin/sh", "sh", 0x1ed),
            Tar.HardLink("usr/bin/bash", "bin/sh"),
            Tar.Node(TarEntryType.Fifo, "run/pipe"),
            Tar.Node(TarEntryType.CharacterDevice, "dev/null"));

        Assert.Equal("root:x:0:0", File.ReadAllText(At("etc/passwd")));
        Assert.Equal((UnixFileMode)0x124, File.GetUnixFileMode(At("etc/passwd")));
        Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(At("etc")));
        Assert.Equal((UnixFileMode)0x9ed, File.GetUnixFileMode(At("usr/bin/su")));
        Assert.Equal((UnixFileMode)0x1ed, File.GetUnixFileMode(At("usr")));
        Assert.Equal("usr/bin", new FileInfo(At("bin")).LinkTarget);
        Assert.Equal("sh", File.ReadAllText(At("usr/bin/bash")));
        Assert.Equal(new DateTime(2001, 2, 3, 4, 5, 6), File.GetLastWriteTimeUtc(At("etc")));
        Assert.Equal(new DateTime(2001, 2, 3, 4, 5, 6), File.GetLastWriteTimeUtc(At("usr/bin/su")));
        Assert.True(File.Exists(At("run/pipe")));
        Assert.False(File.Exists(At("dev/null")));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/../outside")]
    [InlineData("..")]
    public void A_name_that_leaves_is_refused(string name) => Refuses("BOLT3010", Tar.File(name));

    [Theory]
    [InlineData("..")]
    [InlineData("../../../../..")]
    [InlineData("/..")]
    [InlineData("a/../../..")]
    public void A_link_out_is_followed_inside(string target)
    {
        Unpack(Tar.Folder("a"), Tar.Link("out", target), Tar.File("out/outside", "caught"));
        Assert.Equal("caught", File.ReadAllText(At("outside")));
    }

    [Fact]
    public void An_absolute_link_starts_at_the_root()
    {
        Unpack(Tar.Link("out", temporary.Path), Tar.File("out/outside", "caught"));
        Assert.Equal("caught", File.ReadAllText(root + temporary.Path + "/outside"));
    }

    [Fact]
    public void An_absolute_name_is_inside()
    {
        Unpack(Tar.File("/etc/x", "in"));
        Assert.Equal("in", File.ReadAllText(At("etc/x")));
    }

    [Fact]
    public void A_file_over_a_link_replaces_the_link()
    {
        Unpack(Tar.Link("f", outside), Tar.File("f", "mine"));
        Assert.Null(new FileInfo(At("f")).LinkTarget);
        Assert.Equal("mine", File.ReadAllText(At("f")));
    }

    [Fact]
    public void A_folder_over_a_link_replaces_the_link()
    {
        Unpack(Tar.Link("d", "/"), Tar.Folder("d"), Tar.File("d/f"));
        Assert.True(File.Exists(At("d/f")));
        Assert.False(File.Exists(At("f")));
    }

    [Fact]
    public void A_link_over_a_folder_takes_what_was_in_it_along() =>
        Assert.Equal(["d", "e"], Unpack(Tar.Folder("e"), Tar.Folder("d"), Tar.File("d/f"), Tar.Link("d", "e")).Names());

    [Theory]
    [InlineData("../outside")]
    [InlineData("missing")]
    [InlineData("d")]
    [InlineData("/proc/self/exe")]
    public void A_hard_link_stays_in_the_layer(string target)
    {
        var thrown = Assert.Throws<BoltException>(() => Unpack(Tar.Folder("d"), Tar.HardLink("h", target)));
        Assert.Contains(thrown.Diagnostic.Code, new[] { "BOLT3010", "BOLT3011" });
    }

    [Fact]
    public void A_hard_link_through_a_link_out_finds_nothing() =>
        Refuses("BOLT3011", Tar.Link("out", temporary.Path), Tar.HardLink("h", "out/outside"));

    [Fact]
    public void A_hard_link_to_a_link_out_is_the_link_itself()
    {
        Unpack(Tar.Link("l", outside), Tar.HardLink("h", "l"), Tar.File("h", "mine"));
        Assert.Equal("mine", File.ReadAllText(At("h")));
    }

    [Fact]
    public void Links_in_a_ring_end() => Refuses("BOLT3016", Tar.Link("a", "b"), Tar.Link("b", "a"), Tar.File("a/f"));

    [Fact]
    public void A_file_on_the_way_is_no_folder() => Refuses("BOLT3016", Tar.File("f"), Tar.File("f/g"));

    [Fact]
    public void A_whiteout_becomes_overlayfs_own()
    {
        Unpack(Tar.File("etc/.wh.gone", ""), Tar.File("var/.wh..wh..opq", ""), Tar.File("var/kept"), Tar.File(".wh..wh.plnk", ""));
        Assert.Equal(["etc", "etc/gone", "var", "var/kept"], new Unpacked(root).Names());
        Assert.Equal(0u, Device(At("etc/gone")));
    }

    [Fact]
    public void A_whiteout_hides_only_what_lies_below()
    {
        Unpack(Tar.File("a/.wh.f", ""), Tar.File("a/f", "new"), Tar.Folder("d"), Tar.File("d/own"), Tar.File(".wh.d", ""));
        Assert.Equal("new", File.ReadAllText(At("a/f")));
        Assert.True(File.Exists(At("d/own")));
    }

    [Theory]
    [InlineData(".wh...")]
    [InlineData(".wh..")]
    [InlineData(".wh.")]
    public void A_whiteout_of_a_folder_itself_is_refused(string name) => Refuses("BOLT3010", Tar.File("d/" + name, ""));

    [Fact]
    public void An_unmapped_owner_is_said()
    {
        var tar = Tar.Of(Tar.File("f", uid: 70000));
        var thrown = Assert.Throws<BoltException>(() =>
            LayerUnpack.Run(new MemoryStream(tar), root, new IdMap(1000, 1000, 100000, 100000, 65536), CancellationToken.None));
        Assert.Equal("BOLT3015", thrown.Diagnostic.Code);
    }

    [Fact]
    public void Owners_are_returned_deepest_first()
    {
        var tar = Tar.Of(Tar.Folder("d", uid: 5), Tar.File("d/f", uid: 7, gid: 8, mode: 0x9ed), Tar.HardLink("d/g", "d/f"));
        var owners = LayerUnpack.Run(new MemoryStream(tar), root, new IdMap(4000000, 4000000, 4000001, 4000001, 65535), CancellationToken.None);
        Assert.Equal(
            [new("d/g", 7, 8, 0x9ed), new("d/f", 7, 8, 0x9ed), new("d", 5, 0, 0x1ed), new OwnedEntry("", 0, 0, 0x1ed)], owners);
    }

    [Fact]
    public void A_header_that_claims_much_is_refused_before_it_is_read()
    {
        // A long-name header (type L) of 1 GiB.
        var header = new byte[1024];
        Encoding.ASCII.GetBytes("././@LongLink").CopyTo(header, 0);
        Encoding.ASCII.GetBytes("10000000000").CopyTo(header, 124);
        header[156] = (byte)'L';
        using var guard = new TarGuard(new MemoryStream(header), long.MaxValue);
        Assert.Equal("BOLT3013", Assert.Throws<BoltException>(() => guard.ReadExactly(new byte[512])).Diagnostic.Code);
    }

    [Theory]
    [InlineData("not a tar archive at all, but long enough to be looked at")]
    [InlineData("")]
    public void Other_bytes_are_no_archive(string text)
    {
        var bytes = new byte[2048];
        Encoding.ASCII.GetBytes(text).CopyTo(bytes, 0);
        if (text.Length > 0)
        {
            using var guard = new TarGuard(new MemoryStream(bytes), long.MaxValue);
            Assert.Throws<BoltException>(() => LayerUnpack.Run(guard, root, Single, CancellationToken.None));
        }
        else
        {
            Assert.Empty(LayerUnpack.Run(new MemoryStream(bytes), root, Single, CancellationToken.None));
        }
    }

    [Fact]
    public void A_cut_archive_is_an_error()
    {
        var tar = Tar.Of(Tar.File("f", new string('x', 4096)));
        var thrown = Record.Exception(() => LayerUnpack.Run(new MemoryStream(tar[..2048]), root, Single, CancellationToken.None));
        Assert.IsType<BoltException>(thrown);
    }

    private static IdMap Single => new(Sys.EffectiveUid(), Sys.EffectiveGid(), 0, 0, 0);

    private string At(string name) => Path.Combine(root, name);

    private Unpacked Unpack(params TarEntry[] entries)
    {
        LayerUnpack.Run(new MemoryStream(Tar.Of(entries)), root, Single, CancellationToken.None);
        return new Unpacked(root);
    }

    private void Refuses(string code, params TarEntry[] entries) =>
        Assert.Equal(code, Assert.Throws<BoltException>(() => Unpack(entries)).Diagnostic.Code);

    private static unsafe ulong Device(string path)
    {
        FileStatus status;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
        {
            Assert.Equal(0, Sys.Status(Sys.AtFdCwd, text, Sys.AtSymlinkNoFollow, &status));
        }
        Assert.Equal(0x2000u, status.Mode & 0xF000);
        return status.SpecialDevice;
    }

    private sealed record Unpacked(string Root)
    {
        public string[] Names() => [.. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal)];
    }
}
