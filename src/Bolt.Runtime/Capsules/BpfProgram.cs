using System.Buffers.Binary;
using System.Collections.Immutable;
using Bolt.Kernel;

namespace Bolt.Capsules;

/// <summary>One classic BPF instruction, struct sock_filter.</summary>
internal readonly record struct BpfInstruction(ushort Code, byte True, byte False, uint Value);

/// <summary>Assembles a seccomp filter (seccomp(2), networking/filter.rst) over struct seccomp_data.</summary>
internal sealed class BpfProgram
{
    private const ushort LoadWord = 0x20, JumpEqual = 0x15, JumpGreaterEqual = 0x35, JumpSet = 0x45, JumpAlways = 0x05, Return = 0x06;
    private const uint KillProcess = 0x80000000, Errno = 0x00050000, AllowAction = 0x7FFF0000, AuditArchX64 = 0xC000003E;
    private const uint NumberOffset = 0, ArchitectureOffset = 4, ArgumentsOffset = 16;

    private readonly List<BpfInstruction> _code = [];

    public static ImmutableArray<BpfInstruction> Allow { get; } = [new BpfInstruction(Return, 0, 0, AllowAction)];

    public static BpfInstruction Refuse(Errno errno) => new(Return, 0, 0, Errno | (uint)errno);

    /// <summary>The low word of an argument: flags, families and requests are ints, whose high word the kernel ignores.</summary>
    public static BpfInstruction LoadArgument(int index) => new(LoadWord, 0, 0, ArgumentsOffset + (uint)index * 8);

    public static BpfInstruction JumpIfEqual(uint value, byte then, byte otherwise) => new(JumpEqual, then, otherwise, value);

    public static BpfInstruction JumpIfAny(uint bits, byte then, byte otherwise) => new(JumpSet, then, otherwise, bits);

    /// <summary>System call numbers mean other things on other architectures, and this kernel may serve i386 too.</summary>
    public void RequireX64()
    {
        _code.Add(new BpfInstruction(LoadWord, 0, 0, ArchitectureOffset));
        _code.Add(JumpIfEqual(AuditArchX64, 1, 0));
        _code.Add(new BpfInstruction(Return, 0, 0, KillProcess));
    }

    /// <summary>By the call's number: the code of the last branch that begins at or below it. A binary search.</summary>
    public void Choose(IReadOnlyList<(uint From, ImmutableArray<BpfInstruction> Code)> branches)
    {
        _code.Add(new BpfInstruction(LoadWord, 0, 0, NumberOffset));
        _code.AddRange(Search(branches, 0, branches.Count));
    }

    /// <summary>As <see cref="Choose"/>, with branches for each architecture; <paramref name="other"/> for all others.</summary>
    public void ChooseArchitecture(
        IReadOnlyList<(uint Architecture, List<(uint From, ImmutableArray<BpfInstruction> Code)> Branches)> architectures, BpfInstruction other)
    {
        _code.Add(new BpfInstruction(LoadWord, 0, 0, ArchitectureOffset));
        foreach (var (architecture, branches) in architectures)
        {
            var search = Search(branches, 0, branches.Count);
            _code.Add(JumpIfEqual(architecture, 1, 0));
            _code.Add(new BpfInstruction(JumpAlways, 0, 0, (uint)search.Count + 1));
            _code.Add(new BpfInstruction(LoadWord, 0, 0, NumberOffset));
            _code.AddRange(search);
        }
        _code.Add(other);
    }

    public ImmutableArray<byte> ToBytes()
    {
        var bytes = new byte[_code.Count * 8];
        for (var i = 0; i < _code.Count; i++)
        {
            var at = bytes.AsSpan(i * 8, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, _code[i].Code);
            at[2] = _code[i].True;
            at[3] = _code[i].False;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], _code[i].Value);
        }

        return [.. bytes];
    }

    private static List<BpfInstruction> Search(IReadOnlyList<(uint From, ImmutableArray<BpfInstruction> Code)> branches, int first, int end)
    {
        if (end - first == 1)
            return [.. branches[first].Code];
        var middle = (first + end) / 2;
        var lower = Search(branches, first, middle);
        var upper = Search(branches, middle, end);
        // Conditional jumps reach 255 instructions; a far one goes by way of an unconditional jump.
        return lower.Count <= 255
            ? [new BpfInstruction(JumpGreaterEqual, (byte)lower.Count, 0, branches[middle].From), .. lower, .. upper]
            :
            [
                new BpfInstruction(JumpGreaterEqual, 0, 1, branches[middle].From),
                new BpfInstruction(JumpAlways, 0, 0, (uint)lower.Count),
                .. lower, .. upper,
            ];
    }
}
