using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Bolt.Oci;

/// <summary>One eBPF instruction (bpf/standardization/instruction-set.rst).</summary>
internal readonly record struct DeviceInstruction(byte Code, byte Target, byte Source, short Offset, int Value);

/// <summary>
/// Device rules as an eBPF program for a group of version 2, over struct bpf_cgroup_dev_ctx. Pure. Rules hold in their
/// order, so the last that names a device decides: they are asked from the last to the first, for each of the wanted rights
/// that none has decided. What no rule allows is denied.
/// </summary>
internal static class DeviceProgram
{
    private const byte Load = 0x61, AndWord = 0x54, ShiftRightWord = 0x74, Move = 0xB7, MoveWord = 0xBC;
    private const byte JumpUnequal = 0x55, JumpSet = 0x45, Jump = 0x05, Exit = 0x95;
    private const byte Result = 0, Context = 1, Kind = 2, Wanted = 3, Major = 4, Minor = 5;
    private const int MakeNode = 1, Read = 2, Write = 4, All = 7;

    public static ImmutableArray<DeviceInstruction> Of(IReadOnlyList<OciDeviceRule> rules)
    {
        var code = ImmutableArray.CreateBuilder<DeviceInstruction>();
        code.AddRange(
            new(Load, Wanted, Context, 0, 0),
            new(MoveWord, Kind, Wanted, 0, 0),
            new(AndWord, Kind, 0, 0, 0xFFFF),
            new(ShiftRightWord, Wanted, 0, 0, 16),
            new(Load, Major, Context, 4, 0),
            new(Load, Minor, Context, 8, 0));
        foreach (var rule in rules.Reverse())
        {
            var block = Block(rule);
            code.AddRange(block);
            // The kernel refuses a program with instructions that cannot be reached.
            if (block is [{ Code: Move }, ..])
                return code.ToImmutable();
        }
        code.AddRange(Answer(allow: false));
        return code.ToImmutable();
    }

    public static byte[] ToBytes(ImmutableArray<DeviceInstruction> program)
    {
        var bytes = new byte[program.Length * 8];
        foreach (var (at, instruction) in program.Index())
        {
            var target = bytes.AsSpan(at * 8, 8);
            target[0] = instruction.Code;
            target[1] = (byte)(instruction.Target | instruction.Source << 4);
            BinaryPrimitives.WriteInt16LittleEndian(target[2..], instruction.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(target[4..], instruction.Value);
        }
        return bytes;
    }

    private static ImmutableArray<DeviceInstruction> Block(OciDeviceRule rule)
    {
        var access = Access(rule.Access);
        var decision = (rule.Allow, access) switch
        {
            // Whoever wants anything wants some of all.
            (_, All) => Answer(rule.Allow),
            (true, _) => [new(AndWord, Wanted, 0, 0, All & ~access), new(JumpUnequal, Wanted, 0, 2, 0), .. Answer(allow: true)],
            (false, _) => [new(JumpSet, Wanted, 0, 1, access), new(Jump, 0, 0, 2, 0), .. Answer(allow: false)],
        };
        (byte Register, long? Value)[] conditions =
        [
            (Kind, rule.Type switch { "b" => 1, "c" or "u" => 2, _ => null }), (Major, Number(rule.Major)), (Minor, Number(rule.Minor)),
        ];
        var asked = conditions.Where(condition => condition.Value is not null).ToArray();
        return
        [
            .. asked.Select((condition, i) => new DeviceInstruction(
                JumpUnequal, condition.Register, 0, (short)(asked.Length - 1 - i + decision.Length), (int)condition.Value!.Value)),
            .. decision,
        ];
    }

    private static ImmutableArray<DeviceInstruction> Answer(bool allow) => [new(Move, Result, 0, 0, allow ? 1 : 0), new(Exit, 0, 0, 0, 0)];

    private static int Access(string? text) => string.IsNullOrEmpty(text) ? All
        : (text.Contains('m') ? MakeNode : 0) | (text.Contains('r') ? Read : 0) | (text.Contains('w') ? Write : 0);

    // Negative: any, as in version 1.
    private static long? Number(long? number) => number is >= 0 ? number : null;
}
